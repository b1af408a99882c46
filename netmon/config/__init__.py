"""From files to the plan: reads ``config.yaml``, joins it with the inventory, and explains every mistake."""
