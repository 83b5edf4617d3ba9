"""Gates as pytest items: activation, collection, fixtures, bookkeeping. The only package that knows pytest."""
