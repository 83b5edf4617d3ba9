"""What stands in for a protected attribute, and how much of the candidate's score goes with it."""
