"""A document as the database keeps it: flat, private to this service, and never what a reply is."""

from typing import Any

Document = dict[str, Any]
