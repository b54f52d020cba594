"""How commands end: exit codes that a script may rely on, and the error that carries one."""

from enum import IntEnum


class Exit(IntEnum):
    """What each exit code means. 2 is also what a wrong option gives."""

    OK = 0
    WRONG = 1  # doctor: something is not as it should be
    USAGE = 2
    UNREACHABLE = 3  # nobody answered; whether anything was done is unknown
    REFUSED = 4  # the network answered, and said no
    INCOMPLETE = 5  # import: some records were refused, all others are in
    BAD_INPUT = 6  # the file is not what it should be; nothing was sent
    DATA_IN_USE = 10  # another `relevo up` runs on the same data
    PORT_TAKEN = 11
    NOT_WRITABLE = 12  # a folder or a file cannot be written, or a key cannot be read
    NOT_READY = 13  # a part or a server did not start
    NOT_INSTALLED = 14  # the embedded servers are not installed
    INTERRUPTED = 130


# Shown below every command's help, where it may end so.
LEGEND = {
    Exit.OK: "done",
    Exit.WRONG: "something is wrong",
    Exit.USAGE: "wrong arguments",
    Exit.UNREACHABLE: "nobody answered",
    Exit.REFUSED: "the network refused",
    Exit.INCOMPLETE: "some records were refused",
    Exit.BAD_INPUT: "the file cannot be read, or is not what it should be",
    Exit.DATA_IN_USE: "the data is in use",
    Exit.PORT_TAKEN: "a port is taken",
    Exit.NOT_WRITABLE: "a file cannot be written or read",
    Exit.NOT_READY: "something did not start",
    Exit.NOT_INSTALLED: "a server is not installed",
}


def epilog(*examples: str, codes: tuple[Exit, ...] = ()) -> str:
    """Return what stands below a command's help: examples, and what these exit codes mean (0 and 2 too)."""
    shown = sorted({Exit.OK, Exit.USAGE, *codes})
    lines = "\n".join(f"- `{example}`" for example in examples)
    return f"Examples:\n\n{lines}\n\nExit codes: " + ", ".join(
        f"{int(code)} {LEGEND[code]}" for code in shown
    )


class CommandError(Exception):
    """Ends a command: one clear sentence for people on stderr, and an exit code for scripts."""

    def __init__(self, sentence: str, code: Exit) -> None:
        super().__init__(sentence)
        self.code = code
