"""Keeps an embedded network up in the foreground until Ctrl-C or SIGTERM."""

import signal
from collections.abc import Callable
from types import FrameType

from cli.embedded.stack import Stack, say_on_stderr

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stay(stack: Stack, then: Callable[[Stack], None]) -> None:
    """Start the network, call ``then`` when it is ready, and return when it has been stopped by a signal.

    A second signal kills what has not stopped by then.

    Raises:
        CommandError: it did not start; nothing is left running.
    """
    told = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            stack.abandon()
        else:
            told = True
            raise KeyboardInterrupt

    for number in STOPPING:
        # What was started to live without a terminal (nohup, a script's background) goes on doing so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, on_signal)
    try:
        with stack:
            then(stack)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        say_on_stderr("stopped")
