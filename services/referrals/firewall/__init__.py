"""The firewall: police and migration authorities receive nothing, but for what an exception lets in."""
