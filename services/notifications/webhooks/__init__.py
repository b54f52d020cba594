"""Webhooks: what an organization's feed holds is carried to the addresses that it names."""
