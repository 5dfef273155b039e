"""Endpoints with OpenAI's Responses API."""
