"""The lists that people work from: what fits, in which order, a page at a time, and how many."""
