"""The commands `ensure-path` and `onpath`, and `python -m onpath`."""

import gc

gc.disable()  # a run is too short for garbage; looking for it takes a tenth of the imports' time

from onpath.cli import command as command  # noqa: E402, PLC0414  (the entry of ensure-path)


def onpath() -> None:
    """Run `onpath`: the same as `ensure-path`, and one more word, `installer`."""
    import sys  # noqa: PLC0415

    if sys.argv[1:2] != ["installer"]:
        command()
    from onpath.installers.command import main  # noqa: PLC0415  (no other run needs it)

    sys.exit(main(sys.argv[2:]))


if __name__ == "__main__":
    onpath()
