"""Runs: one walk through a runbook, how it moves, and what makes it pause. Pure."""
