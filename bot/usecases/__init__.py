"""Use cases: plain functions over core and store, one transaction each."""
