"""Agreements: by which an organization, the subscriber, hears of the updates of another's referrals."""
