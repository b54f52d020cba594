"""Backups of an embedded network, and what is made of them."""
