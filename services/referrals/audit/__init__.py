"""The audit: who read what of a person, and who did what with the rules; a chain for each organization."""
