"""The command line: ``python -m analysis audit FILE`` and the other commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from analysis.parallel import StoppedError, one_stop

OK, FOUND, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
FORMATS = ("table", "json", "csv", "markdown")

_AFTER_HELP = """\
what the verdicts mean:
{verdicts}

examples:
  python -m analysis audit paper.yaml
  python -m analysis audit paper.yaml --only table1 table4
  python -m analysis audit paper.yaml --format csv --out verdicts.csv
  python -m analysis audit paper.yaml --fail-on impossible
  python -m analysis audit paper.yaml --html report.html --bib methods.bib

exit codes:
  0  the audit ran
  1  the audit ran and a verdict named in --fail-on was found
  2  the input cannot be used; one sentence on stderr says why
"""


class InputError(Exception):
    """What was given cannot be used; the message is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    from analysis import exam_command, study_command
    from analysis.findings import Verdict

    verdicts = "\n".join(f"  {verdict:<14} {verdict.meaning}" for verdict in Verdict)
    parser = _Parser(
        prog="python -m analysis",
        description="Re-read a published study from the numbers that it printed.",
        epilog="To see what a command does: python -m analysis audit --help",
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    audit = commands.add_parser(
        "audit",
        help="hold every printed number of a paper against the others",
        description="Hold every printed number of a paper against the others: what stands in the\n"
        "paper, what the other numbers allow, and a verdict for each.",
        epilog=_AFTER_HELP.format(verdicts=verdicts),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.set_defaults(run=_audit)
    audit.add_argument("file", metavar="FILE", type=Path, help="the record of a paper (YAML)")
    audit.add_argument("--format", choices=FORMATS, help="how to write it (default: table)")
    audit.add_argument(
        "--only", nargs="+", action="extend", metavar="PART", default=[],
        help="only these parts of the paper, such as table1 or abstract",
    )  # fmt: skip
    audit.add_argument(
        "--fail-on", nargs="+", action="extend", metavar="VERDICT", default=[],
        choices=[str(Verdict.IMPOSSIBLE), str(Verdict.DEPENDS)],
        help="end with exit code 1 if such a verdict is found: impossible, depends, or both",
    )  # fmt: skip
    audit.add_argument(
        "--by-hand", action="store_true",
        help="in the table, a line to check by hand under every finding (otherwise only under "
        "what depends, is impossible or cannot be checked)",
    )  # fmt: skip
    audit.add_argument(
        "--out", type=Path, metavar="FILE", help="write to this file instead of the terminal"
    )
    audit.add_argument(
        "--html", type=Path, metavar="FILE",
        help="write the whole audit as one page that stands alone; nothing else is written "
        "unless --format or --out is given",
    )  # fmt: skip
    audit.add_argument(
        "--bib", type=Path, metavar="FILE",
        help="write the references as BibTeX: the paper, and the methods behind the checks that "
        "this audit used",
    )  # fmt: skip
    certify = commands.add_parser(
        "certify",
        help="hold the regression tables of a paper against its other tables, with proofs",
        description="Try every reading of the regression tables of a paper against its other tables:\n"
        "links, codings, reference categories, single numbers, sets of numbers, standard\n"
        "errors.  What fails is proved: the certificates and the results are written beside\n"
        "the record of the paper, where the audit and the book find them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    certify.add_argument("file", metavar="FILE", type=Path, help="the record of a paper (YAML)")
    certify.add_argument(
        "--jobs",
        type=_positive,
        default=1,
        metavar="N",
        help="processes that share the work (default: 1)",
    )
    certify.add_argument(
        "--check", action="store_true",
        help="write nothing: verify the certificates that stand there, without any solver",
    )  # fmt: skip
    certify.add_argument(
        "--whole", type=_positive, metavar="SECONDS",
        help="look for whole patients behind the readings that are not refuted, so long for each",
    )  # fmt: skip
    certify.add_argument(
        "--move", action="store_true",
        help="move each coefficient, and store how many patients would not fit (half an hour)",
    )  # fmt: skip
    _cohorts_parser(commands)
    _record_parsers(commands)
    _form_parser(commands)
    study_command.add_parser(commands)
    exam_command.add_parser(commands)
    return parser


def _cohorts_parser(commands) -> None:
    cohorts = commands.add_parser(
        "cohorts",
        help="simulate patients who print as the paper's tables do",
        description="Simulate patients with every variable of the two-group tables, such that every\n"
        "printed statistic of the two-group and ROC tables comes out digit for digit.",
        epilog="Ctrl-C keeps the finished cohorts; the same command goes on.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cohorts.add_argument("file", metavar="FILE", type=Path, help="the record of a paper (YAML)")
    cohorts.add_argument("--count", type=int, default=20, help="how many cohorts (default: 20)")
    cohorts.add_argument(
        "--seed",
        type=int,
        default=1,
        help="the same seed, the same file (same versions, same kind of processor; default: 1)",
    )
    cohorts.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .parquet file")
    cohorts.add_argument("--jobs", type=int, default=1, help="processes side by side (default: 1)")
    cohorts.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster, tcp://…")


def _record_parsers(commands) -> None:
    new = commands.add_parser(
        "new",
        help="make a folder to enter another paper in",
        description="Make a folder with an example to replace, part by part, with the numbers of a\n"
        "paper: the record (paper.yaml), the form that editors check it against\n"
        "(paper.schema.json), and its tables as spreadsheets (CSV).",
        epilog="examples:\n"
        "  python -m analysis new my_study\n"
        "  python -m analysis new my_study --sheets\n"
        "  python -m analysis audit my_study/paper.yaml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    new.add_argument("folder", metavar="FOLDER", type=Path, help="a new name, or an empty folder")
    new.add_argument(
        "--sheets", action="store_true",
        help="the record reads its tables from the CSV files, where you type them",
    )  # fmt: skip
    commands.add_parser(
        "schema",
        help="print the form of a record (JSON Schema), for editors",
        description="Print the form of a record as JSON Schema: every key, and what it is for.",
    )
    sheets = commands.add_parser(
        "sheets",
        help="write the tables of a record as spreadsheets (CSV)",
        description="Write each table of a record as a CSV file.  The record may then say\n"
        "file: table1.csv instead of rows.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sheets.add_argument("file", metavar="FILE", type=Path, help="the record of a paper (YAML)")
    sheets.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER",
        help="a folder; files that it holds are not overwritten",
    )  # fmt: skip


def _form_parser(commands) -> None:
    form = commands.add_parser(
        "form",
        help="write the form on which a reader appraises a study of a biomarker",
        description="Write the form of an appraisal, to fill in.  With the record of a paper, what\n"
        "its numbers answer is filled in, and what its answers to the checklists\n"
        "(answers/NAME.yaml beside the record) say, where these stand.",
        epilog="examples:\n"
        "  python -m analysis form --docx form.docx\n"
        "  python -m analysis form my_study/paper.yaml --html form.html",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    form.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", help="the record of a paper (YAML)"
    )
    form.add_argument("--html", type=Path, metavar="FILE", help="write it as one page")
    form.add_argument("--docx", type=Path, metavar="FILE", help="write it for a word processor")


def _form(options: argparse.Namespace) -> int:
    from analysis.appraisal_form import FormError, fill, load_form
    from analysis.checklists import ChecklistError
    from analysis.files import write_all
    from analysis.show import appraisal_form as show
    from analysis.show.appraisal_docx import NoDocxError, to_docx

    given = [out for out in (options.html, options.docx) if out is not None]
    if not given:
        raise InputError("nothing to write: --html, --docx or both are needed.")
    if len({out.resolve() for out in given}) < len(given):
        raise InputError("--html and --docx: each needs a file of its own.")
    filled = None
    try:
        form = load_form()
        if options.file is not None:
            from analysis.audit import audit

            paper = _load(options.file)
            read = {file.resolve() for file in paper.files}
            if wrong := [out for out in given if out.resolve() in read]:
                raise InputError(f"{wrong[0]}: this file is read, another name is needed.")
            filled = fill(form, paper, audit(paper))
        files: dict[Path, str | bytes] = {}
        if options.html is not None:
            files[options.html] = (
                show.filled_page(filled) if filled is not None else show.blank_page(form)
            )
        if options.docx is not None:
            files[options.docx] = to_docx(form, filled)
    except (FormError, ChecklistError, NoDocxError) as error:
        raise InputError(str(error)) from None
    try:
        write_all(files)
    except OSError as error:
        raise InputError(
            f"{error.filename}: the file cannot be written ({error.strerror})."
        ) from None
    told = f"{len(form.questions)} questions"
    if filled is not None:
        told += f", {len(filled.empty)} of them left to fill in"
    print("\n".join(f"{file}: {told}" for file in files))
    return OK


def _new(options: argparse.Namespace) -> int:
    from analysis.new_paper import FolderError, new_paper

    try:
        files = new_paper(options.folder, sheets=options.sheets)
    except FolderError as error:
        raise InputError(str(error)) from None
    where = "the CSV files hold its tables" if options.sheets else "its tables are there as CSV too"
    print(f"{files[0]}: an example with made-up numbers, to replace; {where}.")
    print(f"next: python -m analysis audit {files[0]}")
    return OK


def _schema(options: argparse.Namespace) -> int:
    from analysis.new_paper import schema_text

    _write(schema_text(), None)
    return OK


def _sheets(options: argparse.Namespace) -> int:
    from analysis.new_paper import FolderError, sheets_of, write_new

    paper = _load(options.file)
    try:
        files = write_new(options.out, sheets_of(paper))
    except FolderError as error:
        raise InputError(str(error)) from None
    for file in files:
        print(file)
    return OK


def _cohorts(options: argparse.Namespace) -> int:
    for name, least in (("count", 1), ("seed", 0), ("jobs", 1)):
        if (value := getattr(options, name)) < least:
            raise InputError(f"--{name}: found {value}, at least {least} is needed.")
    if options.out.suffix != ".parquet":
        raise InputError(f"--out: found {options.out}, a name that ends in .parquet is needed.")
    if not options.out.parent.is_dir():
        raise InputError(f"{options.out}: the folder {options.out.parent} does not exist.")
    paper = _load(options.file)
    from analysis.compatible.constraints import NotCoveredError, constraints
    from analysis.compatible.ensemble import (
        ClusterError,
        EnsembleError,
        beside_of,
        make,
        work_folder,
    )
    from analysis.show.progress import cohort_progress

    try:
        wanted = constraints(paper)
        with one_stop(), cohort_progress(options.count) as progress:
            make(
                wanted, options.count, options.seed, options.out,
                options.jobs, options.scheduler, progress,
            )  # fmt: skip
    except ClusterError as error:
        raise InputError(f"--scheduler: {error}") from None
    except (NotCoveredError, EnsembleError) as error:
        raise InputError(f"{options.file}: {error}") from None
    except OSError as error:
        raise InputError(f"{options.out}: the file cannot be written ({error.strerror}).") from None
    except KeyboardInterrupt:
        kept = work_folder(wanted, options.seed, options.out)
        number = len(list(kept.glob("*.parquet")))
        print(
            f"stopped: {number} finished cohorts wait in {kept}; the same command goes on.",
            file=sys.stderr,
        )
        raise
    left = len(wanted.impossible)
    made = "1 cohort" if options.count == 1 else f"{options.count} cohorts"
    print(
        f"{made}, simulated: no patients. {len(wanted.targets)} printed numbers "
        f"come out in each; {left} are proved impossible, listed in {beside_of(options.out)}."
    )
    return OK


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'found "{text}", a whole number from 1 is needed')
    return int(text)


def _load(file: Path):
    from analysis.paper import PaperError, load_paper

    try:
        return load_paper(file)
    except PaperError as error:
        raise InputError(str(error)) from None


def _certify(options: argparse.Namespace) -> int:
    from analysis import certify
    from analysis.compatible.certificate import CertificateError

    paper = _load(options.file)
    try:
        if options.check:
            print(certify.check(paper))
            return OK
        count = 0

        def tell(line: str) -> None:
            nonlocal count
            count += 1
            print(f"{count:3} {line}", file=sys.stderr, flush=True)

        if options.whole:
            from analysis import witnesses

            print(witnesses.search(paper, options.whole, tell=tell))
            return OK
        if options.move:
            from analysis import two_tables

            print(two_tables.move(paper, options.jobs, tell=tell))
            return OK
        print(certify.write(paper, *certify.study(paper, options.jobs, tell)))
    except (CertificateError, certify.StudyError) as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise InputError(f"{error.filename}: it cannot be written ({error.strerror}).") from None
    return OK


def _audit(options: argparse.Namespace) -> int:
    from analysis.audit import audit

    paper = _load(options.file)
    known = paper.ids_of_parts
    if wrong := [part for part in options.only if part not in known]:
        raise InputError(
            f'--only: found "{wrong[0]}", which is no part of {options.file}; '
            f"there are {', '.join(known)}."
        )
    given = [out for out in (options.out, options.html, options.bib) if out is not None]
    if len({out.resolve() for out in given}) < len(given):
        raise InputError("--out, --html and --bib: each needs a file of its own.")
    read = {file.resolve() for file in paper.files}
    if wrong := [out for out in given if out.resolve() in read]:
        raise InputError(f"{wrong[0]}: this file is read, another name is needed to write to.")
    ledger = audit(paper).only(*options.only)
    told = _pages(ledger, paper, options)
    if told and options.format is None and options.out is None:
        print(told)
        return _found(ledger, options)
    options.format = options.format or "table"

    if options.format == "table" and options.out is None and sys.stdout.isatty():
        from rich.console import Console

        from analysis.show.terminal import print_ledger

        print_ledger(ledger, paper, Console(), by_hand=options.by_hand)
    else:
        _write(_text(ledger, paper, options), options.out)
    return _found(ledger, options)


def _found(ledger, options: argparse.Namespace) -> int:
    return FOUND if any(f.verdict in options.fail_on for f in ledger) else OK


def _pages(ledger, paper, options: argparse.Namespace) -> str:
    """Write the page and the references that were asked for; what was written, one a line."""
    texts: list[tuple[Path, str, str]] = []
    try:
        if options.html is not None:
            from analysis.show.report import report

            html = report(ledger, paper, only=tuple(options.only))
            texts.append((options.html, html, f"{len(ledger)} findings"))
        if options.bib is not None:
            from analysis.show.sources import bibtex

            text = bibtex(ledger, paper)
            n = text.count("\n}\n")
            texts.append((options.bib, text, "1 reference" if n == 1 else f"{n} references"))
    except OSError as error:
        raise InputError(f"{error.filename}: it cannot be read ({error.strerror}).") from None
    from analysis.files import write_all

    try:
        write_all({file: text for file, text, _ in texts})
    except OSError as error:
        raise InputError(
            f"{error.filename}: the file cannot be written ({error.strerror})."
        ) from None
    return "\n".join(f"{file}: {what}" for file, _, what in texts)


def _text(ledger, paper, options: argparse.Namespace) -> str:
    if options.format == "table":
        from analysis.show.terminal import ledger_text

        width = os.environ.get("COLUMNS", "")
        return ledger_text(
            ledger, paper, width=int(width) if width.isdigit() else 80, by_hand=options.by_hand
        )
    from analysis.show import export

    if options.format == "json":
        return export.to_json(ledger, paper)
    return export.to_csv(ledger) if options.format == "csv" else export.to_markdown(ledger)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    from analysis.files import write_whole

    try:
        write_whole(out, text)
    except OSError as error:
        raise InputError(f"{out}: the file cannot be written ({error.strerror}).") from None


def _cohort(options: argparse.Namespace) -> int:
    from analysis import study_command

    try:
        return study_command.run(options)
    except study_command.CommandError as error:
        raise InputError(str(error)) from None


def _plant_errors(options: argparse.Namespace) -> int:
    from analysis import exam_command

    try:
        return exam_command.run(options)
    except exam_command.CommandError as error:
        raise InputError(str(error)) from None


_COMMANDS = {"audit": _audit, "certify": _certify, "cohorts": _cohorts, "cohort": _cohort,
             "form": _form, "new": _new, "schema": _schema, "sheets": _sheets,
             "plant-errors": _plant_errors}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned."""
    try:
        options = _parser().parse_args(arguments)
        code = _COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except InputError as error:
        from analysis.printed import printable

        print(f"error: {printable(error)}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python flushes stdout once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        # files that were named have had their sentence: this is the terminal, or a full disk
        what = "the output" if error.filename is None else error.filename
        print(f"error: {what}: it cannot be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT
    except StoppedError as stopped:
        return stopped.code
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
