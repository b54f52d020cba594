"""Tests of the contracts: what was once said on the bus can be read for ever."""
