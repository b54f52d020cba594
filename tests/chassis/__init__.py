"""Tests of the chassis, on a real NATS server and a real database."""
