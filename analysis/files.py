"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `file`: it holds the old content or all of the new.

    A new file takes the rights that the user's umask gives, an old one keeps its own.
    Raises OSError if it cannot be written.
    """
    file = Path(file).resolve()
    data = content.encode() if isinstance(content, str) else content
    if file.exists() and not file.is_file():
        file.write_bytes(data)  # a device such as /dev/null; a folder raises
        return
    if file.exists():
        if not os.access(file, os.W_OK):
            raise PermissionError(13, "Permission denied")
        mode = file.stat().st_mode & 0o777
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk before the name is its own
        beside.chmod(mode)
        beside.replace(file)
    except BaseException:
        beside.unlink()
        raise
