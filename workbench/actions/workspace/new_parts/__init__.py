"""New parts of a workspace, to be edited. Nothing is ever overwritten."""
