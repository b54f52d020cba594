"""The demonstration: a fictional network, and one referral played on it."""
