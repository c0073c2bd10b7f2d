"""Rules on Bundles: entries, links, and the references between entries."""
