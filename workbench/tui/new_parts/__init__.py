"""New parts of a workspace: prompts, suites, providers, and the workspace itself."""
