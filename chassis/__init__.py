"""What every part runs on: settings, bus, requests, outbox, consumers, database, telemetry, health."""
