"""Ending a background task for certain."""

import asyncio
from typing import Any

# A clean-up of its own may take a moment, and must not be cancelled each time it waits.
CANCEL_AGAIN_SECONDS = 0.5


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task, and return when it has ended, whatever it raised; None is nothing to end.

    Once is not enough: Python 3.11's ``wait_for`` swallows a cancellation that comes in the same moment as
    what it waits for (python/cpython#86296, mended in 3.12), and nats-py's requests wait by it.
    """
    if task is None:
        return
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # looked at, else asyncio reports it as lost
