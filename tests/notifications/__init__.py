"""Tests of the notifications service, and of the gateway's live gate on it, on real servers."""
