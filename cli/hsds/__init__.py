"""Reads directories in the Human Services Data Specification: JSON, CSV tables, version 1.1 packages.

``reader.read(path)`` is the way in: it parses, mends and checks, and touches neither network nor
database. What it found, mended and refused is a ``reading.Reading``.
"""
