"""Facts for statistics: what is left to count of a person who was erased, with no way back to her."""
