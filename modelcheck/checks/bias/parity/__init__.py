"""Whether the groups of a protected attribute fare alike: differences and ratios between them."""
