"""Become a program in a session of its own: `launch.py TERMINAL PROGRAM ARGV0 [ARGUMENT ...]`.

TERMINAL is the device that becomes the controlling terminal and the standard streams; `-` leaves
the streams alone. A program of its own and not a `preexec_fn`: pytest-xdist has threads, and a
process with threads must not run Python between fork and exec.
"""

import fcntl
import os
import resource
import struct
import sys
import termios

# Where this file runs there is a terminal; mypy needs to be told for `--platform win32`.
assert sys.platform != "win32"

ROWS, COLUMNS = 24, 80
# bsd-csh closes every file descriptor up to the limit, which takes minutes in some containers.
FILES = 1024


def take_terminal(device: str) -> None:
    """Make `device` the controlling terminal and the standard streams of this session leader."""
    terminal = os.open(device, os.O_RDWR)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    for stream in (0, 1, 2):
        os.dup2(terminal, stream)
    if terminal > 2:
        os.close(terminal)


def main(device: str, program: str, *argv: str) -> None:
    """Replace this process by `program`."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if device != "-":
        take_terminal(device)
    os.execv(program, argv)


if __name__ == "__main__":
    main(*sys.argv[1:])
