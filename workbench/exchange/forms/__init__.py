"""Prompts in the forms of other tools, as plain values: nothing here reads or writes a file."""
