"""Validation against profiles: what StructureDefinitions ask beyond R4's own types."""
