"""What the user has told pip and uv: the index, and what else their variables and files say.

What is said to one of the two counts for both.
"""

from __future__ import annotations

import os
import re

from onpath.errors import OnpathError
from onpath.host.session import text_of
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import Settings

PYPI = "https://pypi.org/simple"

# What decides what pip installs, where, and for which Python; here it is told.
OF_PIP = (
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV"),
    *("PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_GROUP", "PIP_NO_DEPS", "PIP_DRY_RUN"),
    *("PIP_PLATFORM", "PIP_PYTHON_VERSION", "PIP_ABI", "PIP_IMPLEMENTATION"),
    # Told by options anyway, and what a newer pip takes (raw) is an error for an older one.
    *("PIP_PROGRESS_BAR", "PIP_RETRIES", "PIP_LOG", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"),
)
# The same of uv; and links into its cache, which may be removed at any time.
OF_UV = (
    *("UV_PYTHON", "UV_PROJECT", "UV_WORKING_DIRECTORY", "UV_WORKING_DIR", "UV_SYSTEM_PYTHON"),
    "UV_LINK_MODE",
)
# The same in a file of uv's, on its own line or in a table on one; `tomllib` is of Python 3.11.
OF_UV_FILES = re.compile(
    r"""(?m)^\s*(?:\[pip\]\s*|pip\s*\.\s*|pip\s*=\s*\{(?:[^"'\n]|"[^"\n]*"|'[^'\n]*')*?)?"""
    r"""(?<![\w-])["']?(?P<name>target|prefix|link-mode|no-deps)["']?\s*=\s*(?P<value>[^\s,}#]*)"""
)
OF_DEFAULT = re.compile(r"(?m)^\s*default\s*=\s*true\b")  # of a table of an index there
# What is said to one of the two counts for both: pip's variable, uv's, and an older one of uv's.
SHARED = (
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"),
    ("PIP_FIND_LINKS", "UV_FIND_LINKS", ""),
    ("PIP_CERT", "SSL_CERT_FILE", ""),
    ("PIP_CONSTRAINT", "UV_CONSTRAINT", ""),
)
# By which a user forbids one of the two something; both have an option of that name.
FORBIDDING = ("no-index", "require-hashes")
OFF = frozenset(("", "0", "false", "no", "off", "n", "f"))
NAMED = re.compile(r"^[\w.-]+=(?=\w+://)")  # uv gives an index a name


def source_of(settings: Settings, environ: Mapping[str, str], wheels: str) -> str:
    """Return where a tool is taken from, in words: of an address without user and password."""
    if wheels:
        return f"the folder {wheels}"
    return f"the index {without_user(index_of(settings, environ))}"


def index_of(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the address of the index: the author's, or the one that the user has told pip or uv."""
    told = {**uv_config(environ), **pip_config(environ), **environ}
    given = (told.get(name) for name in SHARED[0])
    return settings.index_url or NAMED.sub("", next(filter(None, given), PYPI))


def without_user(text: str) -> str:
    """Return `text` without the user and the password of an address: logs of a CI are public."""
    bare = re.sub(r"//[^/\s]*@", "//", text)
    return re.sub(r"(?<!\S)[^/\s:@]+:[^/\s]+@", "", bare)  # its scheme may have been forgotten


def corrected(environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the options and the variables that correct the files of uv.

    Those files may say where `uv pip` installs, and nothing takes that back. Raises `OnpathError` then.
    """
    words: list[str] = []
    variables: dict[str, str] = {}
    for file in _uv_files(environ):
        for found in OF_UV_FILES.finditer(text_of(file)):
            if found["name"] in {"target", "prefix"}:
                raise OnpathError(
                    f"{file} says where uv installs ({found['name']}); take that line out, or set "
                    "ONPATH_UV=0 to have pip do it, then run this again"
                )
            if found["name"] == "no-deps":
                words = ["--deps"]
            elif "symlink" in found["value"]:
                variables["UV_LINK_MODE"] = "copy"
    return words, variables


def forbidding(environ: Mapping[str, str]) -> list[str]:
    """Return the options for what the user has forbidden pip or uv, by a variable or in a file."""
    told = {**pip_config(environ), **environ}
    text = "\n".join(map(text_of, _uv_files(environ)))
    found = []
    for option in FORBIDDING:
        names = (f"{family}_{option.upper().replace('-', '_')}" for family in ("PIP", "UV"))
        line = rf"""(?m)^[^#\n]*(?<![\w-]){option}["']?\s*=\s*true\b"""
        if any(told.get(name, "").lower() not in OFF for name in names) or re.search(line, text):
            found.append(f"--{option}")
    return found


def _uv_files(environ: Mapping[str, str]) -> list[str]:
    """Return where the files of uv lie, which it reads wherever it runs."""
    if environ.get("UV_NO_CONFIG", "").lower() in {"1", "true", "yes", "on"}:
        return []
    if environ.get("UV_CONFIG_FILE"):
        return [environ["UV_CONFIG_FILE"]]
    config = environ.get("APPDATA") or environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    shared = environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)
    folders = [config, *shared, "/etc/xdg", "/etc", environ.get("PROGRAMDATA", "")]
    return [os.path.join(folder, "uv", "uv.toml") for folder in folders if folder]


def uv_config(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the index that uv's own files say, as its variable."""
    for file in _uv_files(environ):
        text = text_of(file)
        tables = re.split(r"(?m)^\s*(?=\[)", text)
        chosen = [
            each for each in tables if re.match(r"\[\[index\]\]", each) and OF_DEFAULT.search(each)
        ]
        words = r"(?m)^\s*url\s*=\s*" if chosen else r"(?m)^\s*index-url\s*=\s*"
        found = re.search(words + r"""["']([^"'\s]+)["']""", chosen[0] if chosen else text)
        if found:
            return {"UV_DEFAULT_INDEX": found[1]}
    return {}


def pip_config(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what pip's own files say, as its variables, but for what decides where it installs."""
    import configparser  # noqa: PLC0415

    own = environ.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:  # "none at all", as pip has it
        return {}
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf"]
    folders = (os.path.join(home, ".pip"), os.path.join(config, "pip"))
    files += [os.path.join(folder, "pip.conf") for folder in folders]
    if environ.get("APPDATA"):
        files.append(os.path.join(environ["APPDATA"], "pip", "pip.ini"))
    parser = configparser.RawConfigParser()
    try:
        parser.read([*files, own])
    except (configparser.Error, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for section in ("install", "global"):  # the first counts
        for option, value in parser.items(section) if parser.has_section(section) else ():
            name = "PIP_" + option.upper().replace("-", "_")
            if value and name not in OF_PIP:
                found.setdefault(name, " ".join(value.split()))
    return found
