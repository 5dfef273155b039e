"""Register, evaluate, deploy, revoke: the way of a version into an environment."""
