"""Compare versions, drafts and runs, and report on them."""
