"""WHAT is made public and who said so: revisions, three reviews, checks, working days."""
