"""Finds `onpath.snippets`, which is shells/ of the checkout: `run.sh` puts this beside a path to src/.

What setuptools makes of two folders does the same, and takes as long to start as Python itself does.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as typing has it, which takes its time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class SnippetsFinder:
    """Looks for one package alone."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the package is, from where the one is that it is in."""
        if name != "onpath.snippets" or not path:
            return None
        from importlib.util import spec_from_file_location  # noqa: PLC0415  (it takes its time)

        root = os.path.dirname(os.path.dirname(path[0]))
        return spec_from_file_location(name, os.path.join(root, "shells", "__init__.py"))


sys.meta_path.append(SnippetsFinder)
