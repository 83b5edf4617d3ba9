"""One streaming pass over rows and model: outputs, labels, feature codes. Everything after works on those."""
