"""Pathways: the standard procedures as data, what applies to whom, and the network's own versions of them."""
