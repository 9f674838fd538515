"""WHAT citizens ask of government: appeals and applications, their clocks and replies."""
