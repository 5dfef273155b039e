"""The screens that compare sides case by case."""
