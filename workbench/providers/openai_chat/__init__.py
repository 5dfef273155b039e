"""Endpoints with OpenAI's chat completions API."""
