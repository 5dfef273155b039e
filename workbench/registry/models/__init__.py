"""The values of the registry: versions, deployments, records, and how they are compared."""
