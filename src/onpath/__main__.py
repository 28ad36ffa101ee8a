"""`python -m onpath`."""

import sys

from .cli import main

sys.exit(main())
