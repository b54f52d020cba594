"""How fast the network is, beside what its own servers could do at best, measured in the same run."""
