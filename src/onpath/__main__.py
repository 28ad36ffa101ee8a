"""The commands `ensure-path` and `onpath`, and `python -m onpath`."""

import gc

gc.disable()  # a run is too short for garbage; looking for it takes a tenth of the imports' time

# Until there is something to take back, Ctrl-C ends it without a word: half imported, it could say none.
# The built-in half of `signal`: the other one makes enums, for 3 ms.
signal = __import__("_signal")
if signal.getsignal(signal.SIGINT) == signal.default_int_handler:  # and not ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from onpath.cli import command as command  # noqa: E402, PLC0414  (the entry of ensure-path)


def onpath() -> None:
    """Run `onpath`: the same as `ensure-path`, and one more word, `installer`."""
    import sys  # noqa: PLC0415

    if sys.argv[1:2] != ["installer"]:
        command()
    from onpath.installers.command import main  # noqa: PLC0415  (no other run needs it)

    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(sys.argv[2:]))


if __name__ == "__main__":
    onpath()
