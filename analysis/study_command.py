"""``python -m analysis cohort``: its options, and what it does with them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

_AFTER_HELP = """\
examples:
  python -m analysis cohort --example my_study
  python -m analysis cohort patients.csv --config study.toml
  python -m analysis cohort patients.xlsx --config study.toml --html report.html --csv tables
  python -m analysis cohort patients.csv --config study.toml --against paper.yaml

Nothing leaves the machine.  Files are CSV, TSV, XLSX or Parquet.

exit codes:
  0  the patients were analysed
  1  a number of the paper was recomputed and came out otherwise (--against with --fail)
  2  the input cannot be used; one sentence on stderr says why
"""


def add_parser(commands) -> None:
    """The subcommand ``cohort``."""
    parser = commands.add_parser(
        "cohort",
        help="analyse the patients of a file: one marker and an outcome",
        description="Analyse the patients of a file as a study.toml describes them: table of\n"
        "patients, ROC curve, cut-off with what its search adds, logistic and Cox models,\n"
        "calibration and decision curve.",
        epilog=_AFTER_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "patients", metavar="FILE", type=Path, nargs="?", help="one row a patient, with headings"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="what the columns mean (TOML)")
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="write one page that stands alone"
    )
    parser.add_argument(
        "--csv",
        metavar="FOLDER",
        type=Path,
        help="write each table as a CSV file; tables of an earlier run are replaced",
    )
    parser.add_argument(
        "--against", metavar="FILE", type=Path,
        help="the record of a paper (YAML): hold every number it prints against these patients",
    )  # fmt: skip
    parser.add_argument(
        "--fail", action="store_true",
        help="end with exit code 1 if a number of the paper comes out otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--example", metavar="FOLDER", type=Path,
        help="write a study.toml with remarks and simulated patients to start from",
    )  # fmt: skip


class CommandError(Exception):
    """What was given cannot be used; the message is one sentence."""


def run(options: argparse.Namespace) -> int:
    """The exit code; raises :class:`CommandError` with one sentence for bad input."""
    if options.example is not None:
        return _example(options)
    if options.patients is None or options.config is None:
        raise CommandError(
            "a file of patients and --config FILE are needed, or --example FOLDER; see "
            "python -m analysis cohort --help."
        )
    if options.fail and options.against is None:
        raise CommandError("--fail goes with --against.")
    _outputs(options)
    from analysis.estimate.roc import EstimateError
    from analysis.paper import PaperError, load_paper
    from analysis.patients_file import load_patients
    from analysis.sheet_file import PatientsError
    from analysis.study import StudyError, read_study
    from analysis.study_results import analyse

    paper = None
    try:
        study = read_study(options.config)
        if options.against is not None:
            paper = load_paper(options.against)
            if options.html and options.html.resolve() in {f.resolve() for f in paper.files}:
                raise CommandError(f"--html: {options.html} is an input, another name is needed.")
        patients = load_patients(options.patients, study)
    except (StudyError, PatientsError, PaperError) as error:
        raise CommandError(str(error)) from None
    try:
        found = analyse(patients)
    except EstimateError as error:
        raise CommandError(f"{options.patients}: {error}") from None
    from analysis.show.study_tables import parts

    shown = parts(found)
    differ = 0
    if paper is not None:
        from analysis.replication import replicate
        from analysis.show.replication import replication_parts

        lines = replicate(patients, paper)
        differ = sum(line.verdict == "differs" for line in lines)
        shown += replication_parts(lines, paper)
    _write(options, shown, found)
    return 1 if options.fail and differ else 0


def _example(options: argparse.Namespace) -> int:
    from analysis.files import FolderError, write_new
    from analysis.study_example import CONFIG, PATIENTS, STUDY, patients_csv

    folder: Path = options.example
    try:
        write_new(folder, {CONFIG: STUDY, PATIENTS: patients_csv()})
    except FolderError as error:
        raise CommandError(str(error)) from None
    print(
        f"{folder / PATIENTS} (simulated: no patients) and {folder / CONFIG}: now run "
        f"python -m analysis cohort {folder / PATIENTS} --config {folder / CONFIG}"
    )
    return 0


def _outputs(options: argparse.Namespace) -> None:
    """Refuse what cannot be written before the work is done."""
    inputs = [f for f in (options.patients, options.config, options.against) if f is not None]
    if options.html is not None:
        if options.html.resolve() in {f.resolve() for f in inputs}:
            raise CommandError(f"--html: {options.html} is an input, another name is needed.")
        if options.html.is_dir():
            raise CommandError(f"--html: {options.html} is a folder, the name of a file is needed.")
        if (
            options.csv is not None
            and options.html.suffix.lower() == ".csv"
            and options.html.resolve().parent == options.csv.resolve()
        ):
            raise CommandError(
                f"--html: {options.html} may be one of the tables of --csv, a name that ends in "
                ".html is needed."
            )
        if not options.html.parent.is_dir():
            raise CommandError(f"--html: the folder {options.html.parent} does not exist.")
    if options.csv is not None:
        if options.csv.exists() and not options.csv.is_dir():
            raise CommandError(f"--csv: {options.csv} is a file, the name of a folder is needed.")
        if not options.csv.parent.is_dir():
            raise CommandError(f"--csv: the folder {options.csv.parent} does not exist.")
        if {options.csv.resolve()} & {f.resolve().parent for f in inputs}:
            raise CommandError(
                f"--csv: {options.csv} holds an input, a folder of its own is needed."
            )


def _write(options: argparse.Namespace, shown, found) -> None:
    from analysis.files import write_all
    from analysis.show import study_report

    texts: dict[Path, str] = {}
    if options.html is not None:
        from analysis.show.study_figures import add_figures

        add_figures(shown, found)
        texts[options.html] = study_report.results_page(shown, found)
    if options.csv is not None:
        for name, text in study_report.results_csv(shown, found).items():
            texts[options.csv / name] = text
    # everything is made before anything is written
    made = options.csv is not None and not options.csv.exists()
    try:
        if options.csv is not None:
            options.csv.mkdir(exist_ok=True)
            for file in texts:
                if file.parent == options.csv and file.is_symlink():
                    raise CommandError(
                        f"--csv: {file} is a link to another place, a folder without it is needed."
                    )
        write_all(texts)
    except OSError as error:
        if made and options.csv.is_dir() and not any(options.csv.iterdir()):
            options.csv.rmdir()
        file = error.filename or options.csv
        raise CommandError(f"{file}: it cannot be written ({error.strerror}).") from None
    if sys.stdout.isatty():
        from rich.console import Console

        study_report.print_results(shown, found, Console())
    else:
        width = os.environ.get("COLUMNS", "")
        text = study_report.results_text(shown, found, int(width) if width.isdigit() else 80)
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    for what, file in (("page", options.html), ("tables", options.csv)):
        if file is not None:
            print(f"{what}: {file}")
