"""`python -m workshop book|site_zip|refresh|times|pairs|reading`; the Makefile says what each is for."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from workshop import ChapterFailed
from workshop.places import ROOT


def book(paper: Path | None = None) -> None:
    # Imported late, here and below: notebooks cost a second, and most calls do not need them.
    if paper is not None:
        from workshop.paper_book.build import make_paper_book

        html = make_paper_book(paper)
        shown = html.relative_to(ROOT) if html.is_relative_to(ROOT) else html
        print(f"The book is at {shown}/index.html")
        return
    from workshop.build import make_book

    make_book()


def site_zip() -> None:
    from workshop.site_zip import zip_site

    zip_site()


def refresh() -> None:
    from workshop.refresh import refresh

    refresh()


def times() -> None:
    from workshop.refresh import record_times

    record_times()


def pairs() -> None:
    from workshop import chapters

    faults = [fault for chapter in chapters.notebooks() for fault in chapters.pair_faults(chapter)]
    if faults:
        sys.exit("\n".join([*faults, "Run `make refresh`."]))


def reading() -> None:
    try:
        from workshop.reading import report

        report()
    except ModuleNotFoundError as error:
        sys.exit(f"The package {error.name} is missing: it is among the requirements of the tests.")


def main() -> None:
    commands = {task.__name__: task for task in (book, site_zip, refresh, times, pairs, reading)}
    parser = argparse.ArgumentParser(prog="python -m workshop")
    parser.add_argument("command", choices=commands)
    parser.add_argument(
        "--paper", type=Path, metavar="FILE", help="with book: the record of another paper"
    )
    options = parser.parse_args()
    if options.paper is not None and options.command != "book":
        parser.error("--paper belongs to the command book")
    try:
        if options.command == "book":
            book(options.paper)
        else:
            commands[options.command]()
    except subprocess.CalledProcessError as error:
        sys.exit(f"The book was not made: exit code {error.returncode}; the cause stands above.")
    except ChapterFailed as error:
        sys.exit(f"{error}\n\nNothing was published.")


if __name__ == "__main__":
    main()
