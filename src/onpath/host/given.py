"""What this process was given, without what its Python has added.

A part of our own install scripts too: so it imports nothing of this package, has no newer syntax than
that of Python 3.6, and no apostrophe.
"""

import os

GIVEN = "/proc/self/environ"
LOCALE = "LC_CTYPE"
COERCED_TO = ("C.UTF-8", "C.utf8", "UTF-8")


def without_coerced(environ: "dict[str, str]") -> "dict[str, str]":
    """Return `environ` without the locale that Python puts into its own in the C locale (PEP 538).

    Where nothing tells what it was started with, that may be of the user, and stays.
    """
    found = environ.get(LOCALE)
    if found not in COERCED_TO or found != os.environ.get(LOCALE):
        return environ
    try:
        with open(GIVEN, "rb") as file:
            given = b"\0" + file.read()
    except OSError:
        return environ
    if b"\0" + LOCALE.encode() + b"=" in given:
        return environ
    return {name: value for name, value in environ.items() if name != LOCALE}
