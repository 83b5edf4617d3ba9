"""Where the model loses what an attainable model would not."""
