"""FHIR R4 4.0.1: definitions, strict JSON, canonicals and models."""
