"""Rules that look at FHIR R4 resources and yield issues."""
