"""What happens to rows on their way to a model: changes of cells, and the search for a change that breaks it."""
