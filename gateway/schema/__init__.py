"""The public schema, a module for each noun; ``root.py`` puts them together."""

from gateway.schema.root import build, sdl

__all__ = ["build", "sdl"]
