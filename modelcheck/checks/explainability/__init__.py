"""Does the model work for the right reasons? What moves its answers, and whether that may, must or should."""
