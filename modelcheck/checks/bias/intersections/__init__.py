"""Who fares worst, where several protected attributes meet."""
