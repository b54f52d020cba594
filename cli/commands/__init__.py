"""The commands of ``relevo``, one module each."""
