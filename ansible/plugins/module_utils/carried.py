"""Import the onpath that the collection carries. Nothing is written on the host."""

from __future__ import annotations

import binascii
import importlib.abc
import importlib.util
import io
import sys
import zipfile
import zlib

from . import payload

TYPE_CHECKING = False  # `typing` costs time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT = "/carried"  # where its modules seem to lie; nobody looks there
BUILD = "python3 tools/build_collection.py"


class NotBuiltError(Exception):
    """The collection is that of a checkout, in which nothing is carried."""


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules in `archive`, the bytes of a zip."""

    def __init__(self, archive: bytes) -> None:
        self.files = zipfile.ZipFile(io.BytesIO(archive))
        self.names = frozenset(self.files.namelist())

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of the module `fullname`, or None."""
        stem = fullname.replace(".", "/")
        for name, folders in ((f"{stem}/__init__.py", [f"{ROOT}/{stem}"]), (f"{stem}.py", None)):
            if name in self.names:
                place = f"{ROOT}/{name}"
                loader = Loader(place, self.files)
                return importlib.util.spec_from_file_location(
                    fullname, place, loader=loader, submodule_search_locations=folders
                )
        return None


class Loader(importlib.abc.SourceLoader):
    """Loads one module, and any file that lies beside it."""

    def __init__(self, place: str, files: zipfile.ZipFile) -> None:
        self.place, self.files = place, files

    def get_filename(self, fullname: str) -> str:
        """Return where the module seems to lie."""
        return self.place

    def get_data(self, path: str | bytes) -> bytes:
        """Return the content of a file. Raises OSError."""
        try:
            return self.files.read(str(path)[len(ROOT) + 1 :])
        except KeyError:
            raise OSError(f"{path!r} is not carried") from None


def unpacked() -> bytes:
    """Return the zip that is carried. Raises `NotBuiltError`."""
    if not payload.PACKED:
        raise NotBuiltError(
            "this collection is a source tree, in which nothing is carried; "
            f"run {BUILD}, and install what it says"
        )
    return zlib.decompress(binascii.a2b_base64(payload.PACKED))


def carry() -> None:
    """Have `import onpath` find the one that is carried, and its dependencies, before any other."""
    sys.meta_path.insert(0, Finder(unpacked()))
