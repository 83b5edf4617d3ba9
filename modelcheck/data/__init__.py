"""Any table as one dataset: sources, schema, codes, labels, groups. Import from the submodules; this stays light."""
