"""Runbooks: what is written in a file, and what it means. Pure."""
