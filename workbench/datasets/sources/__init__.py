"""Where cases come from: a file, git at a commit, a DVC-tracked file, a Hugging Face folder."""
