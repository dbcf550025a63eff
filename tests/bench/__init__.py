"""Benchmarks beside a peer: both sides do the same, on the same machine, in the same run, and the figures are ratios."""
