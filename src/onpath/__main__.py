"""The command `ensure-path`, and `python -m onpath`."""

import gc

gc.disable()  # a run is too short for garbage; looking for it takes a tenth of the imports' time

from onpath.cli import command  # noqa: E402

if __name__ == "__main__":
    command()
