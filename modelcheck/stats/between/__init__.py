"""One quantity in disjoint groups of rows: intervals of each group's value, of differences and of ratios."""
