"""``python -m gateway.schema``: prints the schema, to be kept in ``gateway/schema.graphql``."""

import sys

from gateway.schema import sdl

sys.stdout.write(sdl())
