"""Ties a process to whoever started it, then becomes that process.

Run as ``python -I -S leash.py PARENT COMMAND…``. On Linux the kernel kills the process when the thread
that started it ends, so that nothing is left behind even by ``kill -9``. It is a program of its own since
Python's ``preexec_fn`` is not safe beside threads, and imports nothing that takes time.
"""

import os
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = 9


def hold(parent: int) -> None:
    """Ask the kernel for SIGKILL at the parent's death, and end if it has died already."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is needed

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
