"""Where `pip install --user` of this Python puts commands, and `pip install` for all users.

Runs in any Python from 3.6 on, also as a text that another interpreter is given, with a last line that
calls `answer`, and as a part of our own install scripts: so it imports nothing of this package, has no
newer syntax and no apostrophe.

`sysconfig` has the shape of the path (its user scheme, which MSYS2 and Apple patch) and `site` the
base folder. `sysconfig.get_path` itself would load all build variables, for 5 ms.
"""

import sys

if __name__ == "__main__":  # with `-c` the current folder comes first, whosever it is
    sys.path = [folder for folder in sys.path if folder]

import os
import site
import sysconfig


def scripts_directory() -> str:
    """Return the user scripts directory. Raises LookupError, with the reason, where there is none."""
    in_venv = sys.prefix != sys.base_prefix
    if sys.flags.no_user_site:
        raise LookupError("its user site is switched off (-s, -I or PYTHONNOUSERSITE)")
    if not in_venv and not site.ENABLE_USER_SITE:
        raise LookupError("it has no user site (an embedded build, or run for another user)")
    return user_directory()


def user_directory() -> str:
    """Return that directory, though this Python itself may leave it out. Raises LookupError."""
    if hasattr(sysconfig, "get_preferred_scheme"):
        scheme = sysconfig.get_preferred_scheme("user")
    elif os.name == "nt":
        scheme = "nt_user"
    elif sys.platform == "darwin" and getattr(sys, "_framework", ""):
        scheme = "osx_framework_user"
    else:
        scheme = "posix_user"
    base = _user_base()
    if not base or base.startswith("~"):
        raise LookupError("there is no home directory; set HOME")
    version = "{}.{}".format(*sys.version_info)
    nodot = getattr(sys, "winver", version).replace(".", "")
    fields = {
        "userbase": base,
        "py_version_short": version,
        "py_version_nodot": version.replace(".", ""),
        "py_version_nodot_plat": nodot,
        # New in the schemes of 3.13:
        "implementation": "PyPy" if sys.implementation.name == "pypy" else "Python",
        "implementation_lower": sys.implementation.name.replace("cpython", "python"),
        "abi_thread": "t" if "t" in getattr(sys, "abiflags", "") else "",
    }
    template = sysconfig.get_path("scripts", scheme, expand=False)
    return _normal(template.format(**fields))


def _normal(path: str) -> str:
    """Return `path` in the one spelling; `..` after a link is resolved, as the text leads elsewhere."""
    up = f"{os.sep}..{os.sep}"
    start, found, rest = path.rpartition(up)
    text = os.path.normpath(start + found)
    try:
        is_so = not found or os.path.samefile(text, start + found)
    except OSError:  # it is not there
        is_so = True
    return os.path.normpath(path if is_so else os.path.join(os.path.realpath(start + found), rest))


def _user_base() -> "str | None":
    """Return what `site` has for the base folder with the variables of this moment.

    It keeps what it once had: another user may have started this process, or its HOME be another by now.
    """
    kept = site.USER_BASE
    site.USER_BASE = None
    try:
        return site.getuserbase()
    finally:
        site.USER_BASE = kept


def system_directory() -> str:
    """Return where `pip install`, run by root, puts commands: for every user of this Python."""
    return os.path.normpath(sysconfig.get_path("scripts"))


def answer() -> None:
    """Answer on standard output."""
    try:
        text = "ok " + (system_directory() if "--system" in sys.argv else scripts_directory())
    except LookupError as error:
        text = "no " + str(error)
    sys.stdout.buffer.write(os.fsencode(text))
