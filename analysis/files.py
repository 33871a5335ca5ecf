"""Writing a file whole or not at all, and a cell so that it stays text."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderError(ValueError):
    """The folder cannot be made; the message is one sentence."""


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
        mode = 0o666 & ~umask()
    handle, name = tempfile.mkstemp(prefix=f".{file.name[:40]}.", dir=file.parent)
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


def write_new(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write text files into `folder`, which is made if it does not exist: all or none.

    Raises :class:`FolderError`, before anything is written, if one of them is there already.
    """
    with one_sentence(folder):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise FolderError(f"{folder}: this is no folder, a new name is needed.")
        if not folder.parent.is_dir():
            raise FolderError(f"{folder}: the folder {folder.parent} does not exist.")
        paths = [folder / name for name in files]
        for path in paths:
            if path.exists() or path.is_symlink():
                raise FolderError(f"{path}: there is such a file already, nothing was written.")
        made = not folder.exists()
        folder.mkdir(exist_ok=True)
        try:
            for path, content in zip(paths, files.values(), strict=True):
                write_whole(path, content)
        except BaseException:
            for path in paths:
                path.unlink(missing_ok=True)
            if made:
                folder.rmdir()
            raise
    return paths


@contextmanager
def one_sentence(folder: Path) -> Iterator[None]:
    """Errors of the system while `folder` is written become a :class:`FolderError`."""
    try:
        yield
    except FolderError:
        raise
    except OSError as error:
        raise FolderError(f"{folder}: it cannot be written ({error.strerror}).") from None
    except ValueError:  # a zero byte in the name
        raise FolderError(f"{str(folder)!r}: this is no name of a folder.") from None


def umask() -> int:
    """The rights that this process takes away from new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


# what a formula begins with, where a spreadsheet program opens a CSV file
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?%?")


def guarded(text: str) -> str:
    """The text of a cell for a CSV file: an apostrophe before what a spreadsheet program
    would take for a formula, unless the whole cell is a number such as ``-0.53``.

    Spreadsheets run what starts with ``= + - @``, also after a tab or a line end, and some
    read the full-width signs as the plain ones.
    """
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text of a cell that :func:`guarded` wrote."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
