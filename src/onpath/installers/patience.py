"""For how long an install script waits without a byte, and how other programs are told that."""

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_S = 20.0  # without a byte, unless somebody says otherwise
DAY_S = 86400.0


def patience_s(environ: "Mapping[str, str]", default: float) -> float:
    """Return after how many seconds without a byte to give up: ONPATH_TIMEOUT_S, if that can be."""
    try:
        told = float(environ.get("ONPATH_TIMEOUT_S") or default)
    except ValueError:
        return default
    return told if 0 < told <= DAY_S else default  # so `nan` is out, and what no socket takes


def whole_s(seconds: float) -> str:
    """Return how curl and uv are told `seconds`, of which they take no part."""
    return f"{max(1.0, seconds):.0f}"
