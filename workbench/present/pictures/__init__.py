"""Images as small pictures of half blocks, decoded in a child process with limits."""
