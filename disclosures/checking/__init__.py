"""WHAT IS WRONG WITH A TEXT: one module for each thing that is looked at, all of them pure."""
