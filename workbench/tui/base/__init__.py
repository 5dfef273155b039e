"""What every screen and dialog builds on."""
