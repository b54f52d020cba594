"""Tests of screening: the questionnaire, what answers propose, and the drafts made of that."""
