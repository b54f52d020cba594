"""Tests of what is printed for a person."""
