"""Up to where members have read their organization's feed."""
