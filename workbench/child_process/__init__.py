"""Code of the workspace, run with limits: own scorers and features.

`source` reads a file and what it imports, and gives its hash; `process` runs a function of it in a
child process; `worker` is that process, and `confine` takes away what it may not do.
"""
