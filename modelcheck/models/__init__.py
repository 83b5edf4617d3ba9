"""Models: any model to one small protocol, and the way a model file is read safely."""
