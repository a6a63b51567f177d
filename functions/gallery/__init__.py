"""Pictures: found, organised, shared, downloaded, proved."""
