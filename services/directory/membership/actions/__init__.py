"""One module for each noun: what somebody can cause with organizations, clients and members."""
