"""What looks at a trial: modelcheck, and each peer through an adapter with its documented defaults."""
