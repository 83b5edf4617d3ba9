"""What the candidate says of the same people when only a protected entry is changed."""
