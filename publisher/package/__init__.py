"""FHIR packages of others: read safely, held as artifacts, evaluated as they are."""
