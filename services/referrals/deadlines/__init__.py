"""Deadlines: by when somebody has to say something, and what is told if nobody does. No I/O."""
