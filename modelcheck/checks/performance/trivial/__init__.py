"""Whether the model is better than no model."""
