"""What a backup has of referrals, what a restored one is made of, and whether it is whole."""
