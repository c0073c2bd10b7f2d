"""Worked patients: read from cases/*.yaml, put to the services or to `$apply`, and compared with what must come."""
