"""The nouns: what netmon watches, what it saw and what it believes; frozen values of the standard library only."""
