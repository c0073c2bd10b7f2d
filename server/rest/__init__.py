"""FHIR REST: one file per interaction, and what the interactions stand on."""
