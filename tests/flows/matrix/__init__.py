"""The matrix: who asks, by which right, at which status, for which field, in which way."""
