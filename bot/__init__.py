"""HOW a citizen is answered: conversation, its channels, wording."""
