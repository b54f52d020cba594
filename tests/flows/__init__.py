"""Tests across the parts, through the public API only, on a real NATS server and a real database."""
