"""WHAT citizens ask of government: their cases, the clocks that run for them and what is answered."""
