"""How many places a service has, and those kept for referrals."""
