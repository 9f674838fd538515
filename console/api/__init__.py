"""HOW another system does what the staff do: the console's verbs as a JSON API."""
