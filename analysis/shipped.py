"""Where the files are that come with the library: those of the repository it stands in, or, where
it was installed from a wheel, those that the wheel brought along (`setup.py` puts them there)."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_BROUGHT = _HERE / "shipped_files"

ROOT = _BROUGHT if _BROUGHT.is_dir() else _HERE.parent
DATA = ROOT / "data"
STATIC = ROOT / "book" / "_static"
