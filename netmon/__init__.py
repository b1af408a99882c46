"""netmon watches the networks, servers and services of an organisation and accounts for every minute."""
