"""Finds what a package's modules declare under one name: a new verb, button or modal is one new file."""

import pkgutil
from importlib import import_module
from typing import Any


def declared(package: str, name: str) -> list[Any]:
    """Each module's value of that name, by the modules' names."""
    found = pkgutil.iter_modules(import_module(package).__path__)
    modules = [import_module(f"{package}.{module.name}") for module in sorted(found, key=lambda one: one.name)]
    return [getattr(module, name) for module in modules if hasattr(module, name)]
