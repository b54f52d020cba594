"""The notifications service: tells every organization what concerns it, once and in order."""
