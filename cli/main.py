"""``relevo``: the way in to everything. A part starts here without loading the other commands."""

import sys

from cli.exits import CommandError, Exit


def main() -> None:
    """Run the command of this process's arguments; ends with one of ``cli.exits.Exit``."""
    if sys.argv[1:2] == ["serve"] and sys.argv[2:] and not sys.argv[2].startswith("-"):
        # Four processes run this for as long as the network does: spare them the others' imports.
        from cli.parts import serve as run  # noqa: PLC0415
    else:
        from cli.app import run  # noqa: PLC0415
    try:
        run()
    except CommandError as error:
        print(f"relevo: {error}", file=sys.stderr)
        raise SystemExit(int(error.code)) from None
    except KeyboardInterrupt:
        raise SystemExit(int(Exit.INTERRUPTED)) from None


if __name__ == "__main__":
    main()
