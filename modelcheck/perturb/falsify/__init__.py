"""The search for a row and a change that break a property of the model, and what is kept of them."""
