"""When to look and what to believe: the rounds of checks, and what is soft until it is written down."""
