"""Candidate against baseline."""
