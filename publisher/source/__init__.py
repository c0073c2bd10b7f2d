"""The source: authored YAML, read strictly and written out as plain FHIR."""
