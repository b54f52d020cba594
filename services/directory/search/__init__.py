"""Search: an index of all services in each replica, kept current by the directory's own events."""
