"""$apply: from a PlanDefinition and a patient's data to proposals that a clinician can check."""
