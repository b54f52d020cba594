"""Screening at the door: a questionnaire as data, what answers propose and why, and a draft of it."""
