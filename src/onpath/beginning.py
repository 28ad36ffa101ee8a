"""What a run begins with: this machine, and for a look its first question.

The login shell is nearly always asked, and the world inside a login comes with its answer. So a look
starts it first, and loads all else that it needs meanwhile: this imports only what that takes.
"""

from __future__ import annotations

import os

from . import probes
from . import shells as shell_table
from .errors import NoHomeError
from .host import detect
from .model import LOGIN, TERMINAL_MODES, Context
from .probes import inside
from .request import repeated
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from .model import Ask, Bench, Host, Installed
    from .request import Request


class Beginning:
    """What the request is about: this machine, and the world in which a fresh program is started."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.host = host_of(request)
        inside.refuse(environment(request), self.host.lineage)
        self.prober = probes.of(self.host)
        self.session, self.path_source = self.host.system.new_session(self.host)
        self.notes: list[str] = []  # of what could not be removed

    def bench(self, *, has_proofs: bool = False, nonce: str = "") -> HeldBench:
        """Return what holds a bench for this run's probes, for `with`."""
        return HeldBench(self, has_proofs=has_proofs, nonce=nonce)

    def first_question(self) -> tuple[Context, Installed, Ask] | None:
        """Return how the login shell is asked, if this look will do so whatever else it asks."""
        request, login = self.request, self.host.login
        asks_terminals = not request.modes or not {*TERMINAL_MODES}.isdisjoint(request.modes)
        if not self.session or login is None or not asks_terminals:
            return None
        ask = shell_table.ask_of(shell_table.ROWS[login.name], LOGIN)
        return Context(LOGIN, login.name), login, replace(ask, is_exporter=True)


class HeldBench:
    """A bench that is removed at the end of `with`; what was asked ahead on it is ended before."""

    def __init__(self, beginning: Beginning, *, has_proofs: bool, nonce: str) -> None:
        self.beginning, self.has_proofs, self.nonce = beginning, has_proofs, nonce
        self.bench: Bench | None = None
        self.ahead: object = None  # what was asked ahead

    def open(self, directories: tuple[str, ...]) -> Bench:
        """Make the bench, if it is not yet made, and return it as that of `directories`."""
        beginning = self.beginning
        self.bench = self.bench or beginning.prober.open_bench(
            beginning.host,
            directories,
            timeout_s=beginning.request.timeout_s or beginning.host.system.TIMEOUT_S,
            has_proofs=self.has_proofs,
            session=beginning.session,
            order=beginning.request.proven_order,
            nonce=self.nonce,
        )
        return replace(self.bench, directories=directories, commands=beginning.request.commands)

    def ask_ahead(self) -> None:
        """Start the login shell, if it will be asked. Which directories it must have comes later."""
        question = self.beginning.first_question()
        if question:
            self.ahead = self.beginning.prober.ask_ahead(self.open(()), *question)

    def __enter__(self) -> HeldBench:  # noqa: PYI034  (`Self` is not in 3.9)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        try:
            left = self._close()
        except BaseException:  # an interrupt; no second one comes
            self._close()
            raise
        self.beginning.notes += [f"{each} could not be removed; remove it" for each in left]

    def _close(self) -> tuple[str, ...]:
        if self.ahead:
            self.beginning.prober.end(self.ahead)
        return self.beginning.prober.close_bench(self.bench) if self.bench else ()


def environment(request: Request) -> Mapping[str, str]:
    """Return the environment of the session that asks."""
    return os.environ if request.environ is None else request.environ


def host_of(request: Request) -> Host:
    """Return this machine, as the request has it: for its user, or for every user."""
    return detect(environment(request), home=request.home, is_for_every_user=request.is_for_every_user)


def check_home(host: Host, request: Request, named: tuple[str, ...] = ()) -> None:
    """Raise `NoHomeError` if the home is another user's, unless that is insisted on."""
    try:
        if not request.is_forced:
            host.system.check_home(host, named)
    except NoHomeError as error:
        raise NoHomeError(repeated(request, str(error))) from None


def find_directories(host: Host, request: Request) -> tuple[str, ...]:
    """Return the directories that are asked for, as they will be on PATH."""
    from .host import directories  # noqa: PLC0415  (while the first shell starts: there is time)

    if request.is_for_every_user:
        named = request.directories or (directories.system_directory(host, request.python),)
    else:
        named = request.directories or (directories.directory(host, request.scheme, request.python),)
    found: dict[str, str] = {}
    for directory in named:
        whole = host.system.absolute(host, directory)
        found.setdefault(os.path.normcase(whole), whole)  # on Windows `A` and `a` are one
    return tuple(found.values())
