"""Intervals and tests: pure functions on arrays that return estimates, never bare numbers.

A sampling design (simple random rows, weights, clusters) goes in beside the values; the method that
is valid for it is chosen by name and written on the estimate.
"""
