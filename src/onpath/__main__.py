"""The command `ensure-path`, and `python -m onpath`."""

import gc

gc.disable()  # a run is too short for garbage; looking for it takes a tenth of the imports' time

from onpath.cli import command as command  # noqa: E402, PLC0414  (the entry of both commands)

if __name__ == "__main__":
    command()
