"""What an install script asks a Python first: whether it will do, which program it is, and the home.

Both scripts begin their program with this text. It is checked like every other module, and yet needs
nothing but the standard library; what is in one program with it can be read by every Python 3, so that
an old one can say what it is. No apostrophe is in it, since it stands between two of them in a script.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  (what runs this may be any Python)
    sys.stdout.write("no it is Python {}.{}.{}".format(*sys.version_info))
    sys.exit()

if __name__ == "__main__":  # in a script: a module of onpath leaves signals alone
    # Have Ctrl-C end this without a word until there is something to take back.
    signals = __import__("_signal")  # the built-in half: the other one makes enums, for 3 ms
    if signals.getsignal(signals.SIGINT) == signals.default_int_handler:  # and not ignored
        signals.signal(signals.SIGINT, signals.SIG_DFL)

import os

try:  # noqa: SIM105  (of what is installed only the distribution has a word: Homebrew, on what stays)
    __import__("sitecustomize" if sys.flags.no_site else "sys")
except Exception:  # noqa: S110, BLE001  (there is none, or it fails: Python would go on too)
    pass
BASE = getattr(sys, "_base_executable", "") or sys.executable  # an environment may go; a shim is none


def about(pythons: "list[list[list[int]]]") -> str:
    """Return the lines "ok", the Python itself, and the home; or "no" with the reason.

    `pythons` says from which version to which, the last not included. The home is what the password
    database says where HOME is not set.
    """
    version = list(sys.version_info[:3])
    if not any(low <= version < high for low, high in pythons):
        return f"no it is Python {version[0]}.{version[1]}.{version[2]}"
    return "\n".join(("ok", BASE, os.path.expanduser("~")))


def answer_if_asked(pythons: "list[list[list[int]]]") -> None:
    """Answer on standard output and end, if that is all that was asked: about what follows."""
    if sys.argv[1:2] == ["--about"]:
        # To help, or to take something back, any will do that can read this.
        is_any = not {"--help", "-h", "--uninstall"}.isdisjoint(sys.argv[2:])
        sys.stdout.flush()
        os.write(1, os.fsencode(about([[[3], [4]]] if is_any else pythons)))
        sys.exit()
