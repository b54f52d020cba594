"""Writing to members: by mail, or by short messages."""
