"""How commands end: exit codes that a script may rely on, and the error that carries one."""

from enum import IntEnum


class Exit(IntEnum):
    """What each exit code means. 2 is the command line's own: it was called wrongly."""

    OK = 0
    WRONG = 1  # doctor: something is not as it should be
    USAGE = 2
    UNREACHABLE = 3  # nobody answered; nothing is known of what was asked
    REFUSED = 4  # the network answered, and said no
    INCOMPLETE = 5  # import: some records were refused, all others are in
    DATA_IN_USE = 10  # another `relevo up` runs on the same data
    PORT_TAKEN = 11
    NOT_WRITABLE = 12  # a folder or file cannot be written, or a key cannot be read
    NOT_READY = 13  # a part or a server did not start
    NOT_INSTALLED = 14  # the embedded servers are not installed


class CommandError(Exception):
    """Ends a command: one clear sentence for people on stderr, and an exit code for scripts."""

    def __init__(self, sentence: str, code: Exit) -> None:
        super().__init__(sentence)
        self.code = code
