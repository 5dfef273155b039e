"""What is recorded of a version: content, evidence, rules, signatures."""
