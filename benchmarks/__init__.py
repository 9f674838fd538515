"""HOW FAST it is: what is measured beside what, every ratio within one run. See docs/benchmarks.md."""
