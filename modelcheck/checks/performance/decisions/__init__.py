"""What decisions cost, and at which threshold."""
