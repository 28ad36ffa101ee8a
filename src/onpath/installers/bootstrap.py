"""What install.sh and install.ps1 have their Python do: take out what the script carries, and run that.

A script gives this text, below that of `about`, to the Python that it has found, on standard input,
with a last line that calls `main`: nothing runs before all of it is there.
"""

import os
import struct
import sys
from importlib.machinery import ModuleSpec

from .about import answer_if_asked

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn


def main(settings_text: str, carried: str) -> "NoReturn":
    """Do what the arguments say, with the settings of the script (JSON) and what it carries (base64)."""
    import json  # noqa: PLC0415  (each import where it is needed: a candidate is only asked, and quick)

    settings, words = json.loads(settings_text), sys.argv[1:]
    answer_if_asked(settings["pythons"])
    raw = checked(settings, carried)
    if words[:1] == ["--unpack"]:
        import io  # noqa: PLC0415
        import zipfile  # noqa: PLC0415

        folder = words[1] if len(words) == 2 else ""  # noqa: PLR2004  (and nothing else)
        try:
            if not folder or (os.path.lexists(folder) and os.listdir(folder)):  # nothing is replaced
                why = "--unpack needs one empty folder; name a new one, and give nothing else"
                sys.exit("{script}: {why}".format(why=why, **settings))
            zipfile.ZipFile(io.BytesIO(raw)).extractall(folder)
        except OSError as error:
            why = f"{error.filename} cannot be written ({error.strerror}); name another folder"
            sys.exit("{script}: {why}".format(why=why, **settings))
        sys.exit()
    sys.meta_path.insert(0, Carried(raw))
    from onpath.installers import engine  # noqa: PLC0415  (it is carried)

    os._exit(engine.main(settings, words))  # nothing is left to do that Python would take time for


def checked(settings: "dict[str, Any]", carried: str) -> bytes:
    """Return the zip file that the script carries, if it has the SHA-256 that the settings have."""
    import binascii  # noqa: PLC0415
    import hashlib  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    raw = zlib.decompress(binascii.a2b_base64(carried))
    if hashlib.sha256(raw).hexdigest() != settings["onpath_sha256"]:
        sys.exit("{script}: this script is damaged; download it again".format(**settings))
    return raw


class Carried:
    """Imports the modules in a zip file that is in memory: it needs no room on any disk.

    Nothing in the file is compressed. What Python has for all this (`importlib.abc`, `zipfile`) takes
    longer to import than Python to start.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw, at = raw, 0
        self.files: dict[str, slice] = {}
        while raw[at : at + 2] == b"PK" and raw[at + 2] == 3:  # noqa: PLR2004  (the header of a file)
            size, name_size, more_size = struct.unpack_from("<IHH", raw, at + 22)
            name = raw[at + 30 : at + 30 + name_size].decode()
            start = at + 30 + name_size + more_size
            at = start + size
            self.files[name] = slice(start, at)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
        """Return how to import the module `name`, or None if it is not carried."""
        file = self._file(name)
        if not file:
            return None
        folder, _, base = file.rpartition("/")
        spec = ModuleSpec(name, self, origin=file)  # type: ignore[arg-type]
        spec.submodule_search_locations = [folder] if base == "__init__.py" else None
        return spec

    def create_module(self, _spec: object) -> None:
        """Leave it to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run a module."""
        code = compile(self.get_source(module.__name__), self._file(module.__name__), "exec")
        exec(code, module.__dict__)  # noqa: S102  (its sum is known)

    def get_source(self, fullname: str) -> str:
        """Return the source of a module; what shows an error asks for it as well."""
        return self.get_data(self._file(fullname)).decode()

    def get_data(self, path: str) -> bytes:
        """Return what the file `path` holds."""
        return self.raw[self.files[path.replace(os.sep, "/")]]

    def _file(self, name: str) -> str:
        base = name.replace(".", "/")
        files = (f"{base}/__init__.py", f"{base}.py")
        return next((file for file in files if file in self.files), "")
