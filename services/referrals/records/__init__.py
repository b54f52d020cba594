"""Access to one's own: what is held about a person, on one page that her sender prints for her."""
