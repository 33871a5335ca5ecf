"""Writing a file whole or not at all, and a cell so that it stays text."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class FolderError(ValueError):
    """The folder cannot be made; the message is one sentence."""


def write_whole(file: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `file`: it holds the old content or all of the new.

    A new file takes the rights that the user's umask gives, an old one keeps its own.
    Raises OSError if it cannot be written.
    """
    write_all({file: content})


def write_all(files: Mapping[Path, str | bytes]) -> None:
    """Write several files as :func:`write_whole` does one; none is touched before the contents of
    all are on the disk.  Raises OSError, whose `filename` is that of the file."""
    waiting: list[tuple[Path, Path, Path]] = []
    file = None
    try:
        for file, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            target = Path(file).resolve()
            if target.exists() and not target.is_file():
                target.write_bytes(data)  # a device such as /dev/null; a folder raises
            else:
                beside = _free(target)
                waiting.append((beside, target, file))
                _fill(beside, target, data)
        for beside, target, file in waiting:  # noqa: B007 (an error names it)
            beside.replace(target)
    except BaseException as error:
        for beside, _, _ in waiting:
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(file)
        raise


def _free(target: Path) -> Path:
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    os.close(handle)
    return Path(name)


def _fill(beside: Path, target: Path, data: bytes) -> None:
    with beside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())  # on the disk before the name is its own
    beside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask())


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
            write_all(dict(zip(paths, files.values(), strict=True)))
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
