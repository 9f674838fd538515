"""WHAT comes back: the figures of what was published, the public's comments, and our public replies to them."""
