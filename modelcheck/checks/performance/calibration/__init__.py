"""Whether promised probabilities, intervals and values hold."""
