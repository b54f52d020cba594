"""Tests of the gateway: first those that need nothing, then those against a whole network."""
