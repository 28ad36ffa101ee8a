"""A view of the file systems in which a run can be tried for real, and that is gone with its process."""

from __future__ import annotations


class Stage:
    """The view; `is_set` once this process has it."""

    def __init__(self, *, is_wanted: bool) -> None:
        self.is_wanted = is_wanted
        self.is_set = False

    def set(self) -> None:
        """Give the view to this process, if it is wanted and can be had."""
