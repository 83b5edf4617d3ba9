"""All questions about changed rows: planned before anything is predicted, asked once a run, read by many gates."""
