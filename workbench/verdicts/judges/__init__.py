"""What is known of judges: how they agree with people."""
