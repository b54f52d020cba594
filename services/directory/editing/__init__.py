"""Keeping the directory true: editing, history, reviews, corrections."""
