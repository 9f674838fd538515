"""Does anything go out twice, get lost or come early when processes die and platforms lie? ``python -m benchmarks.chaos``."""
