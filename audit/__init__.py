"""WHO did it: the actor, and the append-only, hash-chained trail."""
