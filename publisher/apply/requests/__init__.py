"""Kinds of request: what each makes of an ActivityDefinition, a table for each family."""
