"""Benchmarks against the tools that an analyst would use otherwise; ``python -m benchmarks``."""
