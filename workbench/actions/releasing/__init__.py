"""Register, evaluate, deploy and revoke versions."""
