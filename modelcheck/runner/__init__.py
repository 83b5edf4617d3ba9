"""Gates as pytest items: activation, collection, fixtures, bookkeeping, terminal. The only package that knows pytest."""
