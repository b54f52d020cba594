"""Deadlines: by when somebody has to say something, and what is told if nobody does. Pure but for firing."""
