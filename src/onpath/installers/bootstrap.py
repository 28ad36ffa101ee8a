"""What install.sh and install.ps1 have their Python do: take out what the script carries, and run that.

A script gives this text to the Python that it has found, on standard input, with a last line that calls
`main`: nothing runs before all of it is there. It is checked like every other module, and yet needs
nothing but the standard library; up to the first line of code it can be read by every Python 3.
No apostrophe is in it, since it stands between two of them in the scripts.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  (what runs this may be any Python)
    sys.stdout.write("no it is Python {}.{}.{}".format(*sys.version_info))
    sys.exit()

import base64
import hashlib
import importlib.abc
import importlib.util
import io
import json
import os
import zipfile
import zlib

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any, NoReturn


def main(settings_text: str, carried: str) -> "NoReturn":
    """Do what the arguments say, with the settings of the script (JSON) and what it carries (base64)."""
    settings, words = json.loads(settings_text), sys.argv[1:]
    if words[:1] == ["--about"]:
        sys.stdout.flush()
        os.write(1, os.fsencode(about(settings)))
        sys.exit()
    raw = checked(settings, carried)
    if words[:1] == ["--unpack"] and len(words) > 1:
        zipfile.ZipFile(io.BytesIO(raw)).extractall(words[1])
        sys.exit()
    sys.meta_path.insert(0, Carried(raw))
    from onpath.installers import engine  # noqa: PLC0415  (it is carried)

    sys.exit(engine.main(settings, words))


def about(settings: "dict[str, Any]") -> str:
    """Return the lines "ok", the Python itself, and the home; or "no" with the reason.

    The Python itself is not a shim, and nothing of a virtual environment, which may be removed. The home
    is what the password database says where HOME is not set.
    """
    version = list(sys.version_info[:3])
    if not any(low <= version < high for low, high in settings["pythons"]):
        return f"no it is Python {version[0]}.{version[1]}.{version[2]}"
    program = getattr(sys, "_base_executable", "") or sys.executable
    return "\n".join(("ok", program, os.path.expanduser("~")))


def checked(settings: "dict[str, Any]", carried: str) -> bytes:
    """Return the zip file that the script carries, if it has the SHA-256 that the settings have."""
    raw = zlib.decompress(base64.b64decode("".join(carried.split())))
    if hashlib.sha256(raw).hexdigest() != settings["onpath_sha256"]:
        sys.exit("{script}: this script is damaged; download it again".format(**settings))
    return raw


class Carried(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules in a zip file that is in memory: it needs no room on any disk."""

    def __init__(self, raw: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(raw))
        self.names = frozenset(self.zip.namelist())

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
        """Return how to import the module `name`, or None if it is not carried."""
        base = name.replace(".", "/")
        for file in (f"{base}/__init__.py", f"{base}.py"):
            if file in self.names:
                is_package = file.endswith("/__init__.py")
                spec = importlib.util.spec_from_loader(name, self, origin=file, is_package=is_package)
                if spec and is_package:
                    spec.submodule_search_locations = [base]
                return spec
        return None

    def is_package(self, fullname: str) -> bool:
        """Say whether the module is a package."""
        return fullname.replace(".", "/") + "/__init__.py" in self.names

    def get_source(self, fullname: str) -> str:
        """Return the source of a module."""
        file = fullname.replace(".", "/") + ("/__init__.py" if self.is_package(fullname) else ".py")
        return self.get_data(file).decode()

    def get_data(self, path: str) -> bytes:
        """Return what the file `path` holds."""
        return self.zip.read(path.replace(os.sep, "/"))
