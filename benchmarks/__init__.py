"""Benchmarks print ratios within one run."""
