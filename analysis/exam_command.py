"""``python -m analysis plant-errors``: its options, and what it does with them."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path

_AFTER_HELP = """\
levels:
{levels}

The folder holds task/ (for the class) and key/ (for you): hand out task/ alone.
task/paper-1.yaml is the record, for classes that run the audit; leave it out where they should
work by hand.  Every paper says that its numbers may have been changed.

examples:
  python -m analysis plant-errors --seed 7 --out exam
  python -m analysis plant-errors --seed 7 --out exam --level hard --errors 3 --count 6
  python -m analysis plant-errors --seed 7 --out exam --paper {paper}
  python -m analysis plant-errors --mark ann.csv ben.csv --key exam/key/key.json

exit codes:
  0  the exam was written, or the answers were marked
  2  the input cannot be used; one sentence on stderr says why
"""
MADE_UP = "simulated"
MOST = {"errors": 12, "count": 100, "seed": 2**63 - 1}


class CommandError(Exception):
    """What was given cannot be used; the message is one sentence."""


def shipped() -> dict[str, Path]:
    """The records that come with the library, by the name of their folder."""
    from analysis.shipped import DATA

    files = sorted([*DATA.glob("*/paper.yaml"), *DATA.glob("examples/*/paper.yaml")])
    return {file.parent.name: file for file in files}


def add_parser(commands) -> None:
    """The subcommand ``plant-errors``."""
    from analysis.exam.levels import Level

    names = shipped()
    parser = commands.add_parser(
        "plant-errors",
        help="make exam papers with planted errors and a key, or mark the answers",
        description="Make papers in which known errors were planted, as pages, Markdown and records,\n"
        "and the key: what was changed, how a reader finds it, and what the audit says.\n"
        "Every error is one that the audit calls impossible, and nothing else is.",
        epilog=_AFTER_HELP.format(
            levels="\n".join(
                textwrap.fill(
                    f"{level:<7} {level.meaning}",
                    96,
                    initial_indent="  ",
                    subsequent_indent=" " * 10,
                )
                for level in Level
            ),
            paper=next(reversed(names), "paper.yaml"),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--paper", default=MADE_UP, metavar="PAPER",
        help=f"{MADE_UP} (default), a record (YAML), or one that is shipped: {', '.join(names)}",
    )  # fmt: skip
    parser.add_argument(
        "--errors", type=int, default=2, metavar="N",
        help="errors in each paper that is not clean (default: 2; 0: none at all)",
    )  # fmt: skip
    parser.add_argument(
        "--level", choices=[str(level) for level in Level], default=str(Level.EASY),
        help="how hard they are to find (default: easy)",
    )  # fmt: skip
    parser.add_argument(
        "--count", type=int, default=1, metavar="K",
        help="papers (default: 1); of several, a quarter to a half has no error",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same exam")
    parser.add_argument(
        "--format", choices=("both", "html", "markdown"), default="both",
        help="how papers and key are written beside the records (default: both)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="a new name, or an empty folder")
    parser.add_argument(
        "--mark", type=Path, nargs="+", metavar="FILE",
        help="mark these sheets of answers (CSV, TSV, XLSX) instead of making an exam",
    )  # fmt: skip
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key.json of the exam to mark")


def run(options: argparse.Namespace) -> int:
    """The exit code; raises :class:`CommandError` with one sentence for bad input."""
    if options.mark is not None or options.key is not None:
        return _mark(options)
    for name in ("errors", "count", "seed"):
        least = 1 if name == "count" else 0
        if not least <= getattr(options, name) <= MOST[name]:
            raise CommandError(
                f"--{name}: found {getattr(options, name)}, a whole number from {least} to "
                f"{MOST[name]} is needed."
            )
    if options.out is None:
        raise CommandError("--out FOLDER is needed, a new name or an empty folder.")
    _check_folder(options.out)
    from analysis.exam.draw import ExamError, draw
    from analysis.exam.levels import Level
    from analysis.paper import PaperError
    from analysis.parallel import one_stop
    from analysis.show.progress import progress_of

    try:
        with one_stop(), progress_of("Papers", options.count) as progress:
            exam = draw(
                options.seed, Level(options.level), options.errors, options.count,
                _record(options.paper), progress,
            )  # fmt: skip
    except (ExamError, PaperError) as error:
        raise CommandError(str(error)) from None
    try:
        files = _files(exam, options.format)
    except OSError as error:
        raise CommandError(f"{error.filename}: it cannot be read ({error.strerror}).") from None
    _write_folder(options.out, files)
    clean = sum(not paper.errors for paper in exam.papers)
    papers = "1 paper" if len(exam.papers) == 1 else f"{len(exam.papers)} papers"
    print(f"{options.out / 'task'}: {papers}, level {exam.level}; for the class.")
    print(f"{options.out / 'key'}: the key ({clean} without an error); not for the class.")
    return 0


def _record(paper: str) -> Path | None:
    if paper == MADE_UP:
        return None
    known = shipped()
    if paper in known:
        return known[paper]
    file = Path(paper)
    if not file.suffix and not file.exists():
        raise CommandError(
            f'--paper: found "{paper}", {MADE_UP}, a record (YAML) or one of '
            f"{', '.join(known)} is needed."
        )
    return file


def _files(exam, form: str) -> dict[str, str]:
    """Every file of an exam by its name."""
    from analysis.exam.draw import record_text
    from analysis.exam.key import answers_text, key_text, sheet_text
    from analysis.show import exam as pages

    files = {"task/answers.csv": answers_text(), "key/key.json": key_text(exam)}
    for paper in exam.papers:
        name = f"task/paper-{paper.number}"
        files[f"{name}.yaml"] = record_text(paper.tree)
        files[f"task/numbers-{paper.number}.csv"] = sheet_text(paper)
        if form != "markdown":
            files[f"{name}.html"] = pages.task_page(paper, exam)
        if form != "html":
            files[f"{name}.md"] = pages.task_markdown(paper, exam)
    if form != "markdown":
        files["key/key.html"] = pages.key_page(exam)
    if form != "html":
        files["key/key.md"] = pages.key_markdown(exam)
    return files


def _check_folder(folder: Path) -> None:
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise CommandError(f"{folder}: this is no folder, a new name is needed.")
        if folder.is_dir() and any(folder.iterdir()):
            raise CommandError(f"{folder}: the folder is not empty, nothing was written.")
        if not folder.absolute().parent.is_dir():
            raise CommandError(f"{folder}: the folder {folder.parent} does not exist.")
    except OSError as error:
        raise CommandError(f"{folder}: it cannot be read ({error.strerror}).") from None
    except ValueError:  # a zero byte in the name
        raise CommandError(f"{str(folder)!r}: this is no name of a folder.") from None


def _write_folder(folder: Path, files: dict[str, str]) -> None:
    """All files into a folder beside, which then takes the name: all of them or none."""
    from analysis.files import umask, write_all

    folder = folder.absolute()
    waiting = None
    try:
        waiting = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}.", dir=folder.parent))
        waiting.chmod(0o777 & ~umask())
        for part in {Path(name).parent for name in files}:
            (waiting / part).mkdir(parents=True)
        write_all({waiting / name: text for name, text in files.items()})
        if folder.is_dir():
            folder.rmdir()  # empty: Windows puts no folder in the place of another
        waiting.replace(folder)
    except OSError as error:
        raise CommandError(f"{folder}: it cannot be written ({error.strerror}).") from None
    finally:
        if waiting is not None:
            shutil.rmtree(waiting, ignore_errors=True)


def _mark(options: argparse.Namespace) -> int:
    if options.mark is None or options.key is None:
        raise CommandError("--mark FILE and --key FILE go together.")
    from analysis.exam.marking import MarkError, mark, read_answers, read_key
    from analysis.show.exam import marks_text

    try:
        key = read_key(options.key)
        marked = [(str(file), mark(read_answers(file, key), key)) for file in options.mark]
    except MarkError as error:
        raise CommandError(str(error)) from None
    sys.stdout.write(marks_text(marked))
    return 0
