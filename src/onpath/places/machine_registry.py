"""The machine's `Path` in the registry: the beginning of every user's PATH, and administrators' to edit.

Services have no other. Planned as the user's value is, by the functions of `user_registry`.
"""

from __future__ import annotations

from onpath.values import TYPE_CHECKING

from . import user_registry
from .user_registry import EDIT_MACHINE, MACHINE_PATH, MACHINES, Part

if TYPE_CHECKING:
    from onpath.model import Ask, Context, Host, Installed, Machine, Plan, RegistryValue, Want

OPEN_PROGRAMS = (
    "what is open now keeps its old PATH: users open new windows, and services have the new one when "
    "Windows has started again"
)
OF_MACHINE = Part(MACHINE_PATH, MACHINES, EDIT_MACHINE, OPEN_PROGRAMS)


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return each shell as a window has it, as for one user."""
    return user_registry.contexts(host, shells, modes)


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how a shell is asked: its row has the command line."""
    return user_registry.ask(host, context, machine)


def targets(want: Want, context: Context, machine: Machine) -> tuple[RegistryValue, ...]:
    """Return the value, which serves every shell of every user."""
    del want, context, machine
    return (MACHINE_PATH,)


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edit of the machine's Path that serves the contexts, or why it is left alone."""
    return user_registry.plan_for(OF_MACHINE, want, machine)


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes out what we put: all, or `want.directories`."""
    return user_registry.undo_for(OF_MACHINE, want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return what is to be known about the value, and when it counts."""
    return user_registry.remarks_for(OF_MACHINE, want, plan, machine)
