"""The HTTP side of Vademecum: REST, operations, CDS Hooks and pages over a repository of artifacts."""
