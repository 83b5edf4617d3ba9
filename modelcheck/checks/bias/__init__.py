"""Checks of the bias suite: what a model does to the groups of a protected attribute."""
