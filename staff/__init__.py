"""WHO may do what: accounts, roles, sessions, tokens."""
