"""Alerts of coordinators to organizations, and who has acknowledged them."""
