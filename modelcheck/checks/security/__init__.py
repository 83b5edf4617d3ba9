"""Checks of the security suite: what the model's file would do when it is loaded."""
