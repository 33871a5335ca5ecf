"""Measured side by side with the tools a user would pick instead; asserts nothing."""
