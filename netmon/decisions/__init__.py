"""The judgements: pure functions of facts and rules, so that what netmon believes can be proved and replayed."""
