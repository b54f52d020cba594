"""What the parts of a network count."""

import httpx

from cli.embedded.settings import METRICS, PARTS
from cli.embedded.stack import Stack


async def metrics_of(stack: Stack) -> list[bytes]:
    """What ``/metrics`` of each part says; the gateway's has a port of its own."""
    told = []
    async with httpx.AsyncClient(trust_env=False) as http:
        for part in PARTS:
            port = stack.ports[METRICS if part == "gateway" else part]
            answer = await http.get(f"http://127.0.0.1:{port}/metrics")
            told.append(answer.raise_for_status().content)
    return told
