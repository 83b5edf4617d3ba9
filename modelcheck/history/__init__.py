"""What earlier runs left: the accepted baseline with its outputs, and how often a dataset was looked at."""
