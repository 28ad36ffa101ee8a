"""The onpath that the module runs on the host. `tools/build_collection.py` writes this file."""

from __future__ import annotations

SHA256 = ""
PACKED = ""  # the file, as zlib and base64 have it
