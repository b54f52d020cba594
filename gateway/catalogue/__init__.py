"""What organizations are told, described for those who integrate: as AsyncAPI, and as a page for people."""
