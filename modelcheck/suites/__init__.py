"""Which checks run by default, with which criteria. Data, not logic."""
