"""The public schema, a module for each noun; ``root.py`` puts them together."""

# The enums are published before anything names one.
from gateway.schema import codes
from gateway.schema.root import build, sdl

__all__ = ["build", "codes", "sdl"]
