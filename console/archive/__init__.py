"""归档包: WHAT is kept of a disclosure when nobody has this product any more."""
