"""Caretaker: notices what broke in a homelab and stays until it is proven mended. The flow: see docs/."""
