"""What may go live, and what is live: deployments, rollbacks, status, environments, approvals."""
