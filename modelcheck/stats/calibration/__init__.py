"""Distance of promised and observed."""
