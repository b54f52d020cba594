"""Tests of pathways: the data, what applies to whom, edits and their versions."""
