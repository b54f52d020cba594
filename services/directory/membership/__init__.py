"""Who takes part: proposals, verification, deactivation; an organization's members and clients."""
