"""Checks of the deployment suite: whether the model answers outside of this run as it does here."""
