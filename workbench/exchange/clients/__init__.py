"""How targets reach what is outside: MLflow in a process of its own, git, object stores."""
