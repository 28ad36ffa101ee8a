"""A job: what is to be installed, by whose Python, and where the parts of it lie."""

from __future__ import annotations

import os

from onpath.values import TYPE_CHECKING, dataclass

from .configuration import index_of, source_of
from .patience import PATIENCE_S, patience_s
from .place import HOME, SCRATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .settings import Settings


@dataclass(frozen=True)
class Job:
    """What is to be installed, by whose Python, and who is told of it."""

    settings: Settings
    requirements: tuple[str, ...]
    folder: str  # of the environment
    environ: Mapping[str, str]
    is_windows: bool
    wheels: str = ""  # a folder with all that is needed; empty: the index
    say: Callable[[str], None] = print
    shows_progress: bool = False
    meanwhile: Callable[[], None] = lambda: None  # what can be done while the index is waited for

    @property
    def what(self) -> str:
        """What is installed, in words."""
        return self.requirements[0]

    @property
    def python(self) -> str:
        """The Python of the environment."""
        parts = ("Scripts", "python.exe") if self.is_windows else ("bin", "python")
        return os.path.join(self.folder, *parts)

    @property
    def scratch(self) -> str:
        """A folder for what is needed only while it is built."""
        return f"{self.folder}{SCRATCH}"

    @property
    def home(self) -> str:
        """A home for what is started only to see that it starts: it may write there at once."""
        return f"{self.folder}{HOME}"

    @property
    def source(self) -> str:
        """Where it is taken from, in words."""
        return source_of(self.settings, self.environ, self.wheels)

    @property
    def patience_s(self) -> float:
        """After how many seconds without a byte from the index to give up."""
        return patience_s(self.environ, PATIENCE_S)

    def page(self, name: str) -> str:
        """Return the address at which the index has the files of the package `name`."""
        return f"{index_of(self.settings, self.environ).rstrip('/')}/{name}/"
