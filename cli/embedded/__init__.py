"""The whole network on one machine: a real NATS server, a real database and the four parts, as processes.

``Stack`` in ``stack.py`` is what commands, tests and benchmarks use.
"""
