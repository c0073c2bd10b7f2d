"""Rules on knowledge artifacts and conformance resources, whoever wrote them; one family a module."""
