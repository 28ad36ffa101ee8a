"""Start onpath from the file that it lies in: this is the `__main__.py` of `onpath.pyz`."""

import importlib.util
import marshal
import os
import sys
import zipimport

signal = __import__("_signal")  # see onpath.__main__
if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

if sys.version_info < (3, 9):  # noqa: UP036  (the one file that an older Python may be given)
    sys.exit(f"onpath needs Python 3.9 or later, and this is {sys.version.split()[0]}")

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from types import CodeType, ModuleType

PYC_HEADER_BYTES = 16  # magic number, flags, hash of the source (PEP 552)


class Importer(zipimport.zipimporter):
    """As its parent, at a third of the cost.

    That one compiles each module twice, once only to tell its file name, and knows no `__pycache__`.
    Where the bytecode for the running Python is not inside, the source serves.
    """

    def get_filename(self, fullname: str) -> str:
        """Return where the source of the module `fullname` is."""
        path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else f"{path}.py"

    def create_module(self, spec: object) -> None:  # noqa: ARG002
        """Leave it to Python; 3.9 wants one that says so."""
        return

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module's code in it."""
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102  (it is how modules are made)

    def get_code(self, fullname: str) -> "CodeType":
        """Return the code of the module `fullname`, compiled ahead if this Python's is inside."""
        try:
            raw = self.get_data(importlib.util.cache_from_source(self.get_filename(fullname)))
        except (OSError, NotImplementedError):  # not inside, or a Python without bytecode files
            raw = b""
        if raw[:4] != importlib.util.MAGIC_NUMBER:
            return super().get_code(fullname)
        code: CodeType = marshal.loads(raw[PYC_HEADER_BYTES:])  # noqa: S302  (as trusted as the source)
        return code


sys.path_hooks.insert(0, Importer)
sys.path_importer_cache.pop(sys.path[0], None)

from onpath import __main__  # noqa: E402  (through the importer)

# The file that install.sh places has two names.
if os.path.basename(sys.argv[0]) == "ensure-path":
    __main__.command()
__main__.onpath()
