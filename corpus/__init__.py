"""What we know, how old it is, and whether it stands: sources, programs, corrections, documents, passages."""
