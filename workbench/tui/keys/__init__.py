"""Keys, commands and what the help says of them."""
