"""Tests of the referrals service."""
