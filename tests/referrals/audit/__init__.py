"""Tests of the audit: what is entered, that it holds, who reads it."""
