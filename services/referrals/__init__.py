"""Referrals: their workflow, the consent they rest on, and the person's protected data."""
