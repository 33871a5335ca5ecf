"""Broken records, spreadsheets and files of patients, made from good ones, and what must hold.

``make fuzz`` runs many and prints what failed; the tests run a few hundred.  Each input either
loads, and then its audit and its tables end too, or is refused in one sentence that names a file;
always within the time and memory allowed, and without a file written or a file read outside its
folder.  A broken study of patients goes through the whole command.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from analysis.__main__ import main as command_line
from analysis.audit import audit
from analysis.new_paper import TEMPLATE, new_paper
from analysis.paper import PaperError, load_paper
from analysis.show.export import to_csv
from analysis.show.terminal import ledger_text
from analysis.write_sheets import tables_as_csv
from tests.analysis import studies
from tests.analysis import test_paper_shapes as shapes
from tests.analysis.test_bad_input import GOOD

ROOT = Path(__file__).resolve().parents[2]
YU = ROOT / "data" / "yu2023" / "paper.yaml"
CPU_SECONDS, WALL_SECONDS = 20, 180
MEMORY = 1_500_000_000  # bytes above what the imports need

Files = dict[str, bytes]

# --- good files -----------------------------------------------------------------------------------

_SMALL = """\
schema: 1
paper: {key: some2020, label: Some 2020}
groups:
  - {id: cases, label: Cases, n: "40", event: true}
  - {id: controls, label: Controls, n: "50"}
everyone: {id: all, label: All, n: "90"}
tables:
  - {id: table1, kind: two_group, title: Groups, file: table1.csv}
  - {id: table2, kind: roc, title: ROC, positive: cases, file: table2.csv}
  - {id: table3, kind: regression, title: One, event: cases, analysis: univariable, effect_label: OR, file: table3.csv}
  - {id: table4, kind: regression, title: All, event: cases, effect_label: OR, file: table3.csv}
"""
_SHEETS = {
    "table1.csv": 'variable,level,"Cases (n = 40)",controls,All,n:cases,statistic,p\n'
    "Age,,54.96 ± 10.22,56.31 ± 10.37,,,0.612,0.542\n"
    "CRP,,6.5 (4.1–10.9),4.7 (2.7–7.5),,38,,0.006\n"
    "Sex,,,,,,0.036,0.850\n,Male,20 (50.0%),24 (48.0%),44 (48.9%),,,\n"
    ",Female,20 (50.0%),26 (52.0%),46 (51.1%),,,\n"
    'Smoking,,15/38 (39.5),12/49 (24.5),,,,"0.13"\n',
    "table2.csv": "Marker,AUC,95% CI,SE,P,Cut-off,Sensitivity,Specificity,PPV,NPV,LR+,cut\n"
    "CRP,0.795,0.700–0.890,0.048,<0.001,5.5,0.750,0.700,0.667,0.778,2.50,\n"
    ",,,,,9,0.500,0.900,,,5.00,second\n",
    "table3.csv": "label,margin,uni_b,uni_se,uni_p,uni_OR,uni_ci,multi_b,multi_se,multi_wald,multi_p,"
    "multi_OR,multi_ci\n"
    "Male,,0.080,0.424,0.850,1.083,0.472–2.486,0.105,0.450,0.054,0.815,1.111,0.460–2.683\n"
    "Age,,-0.012,0.020,0.548,0.988,0.950–1.028,,,,,,\n"
    "Constant,,,,,,,-0.300,0.290,1.070,0.301,0.741,\n",
}  # fmt: skip


@cache
def good_files() -> list[Files]:
    """Folders that load: small and large records, with and without spreadsheets."""
    small = {"paper.yaml": _SMALL.encode()} | {k: v.encode() for k, v in _SHEETS.items()}
    tabs = {k.replace(".csv", ".tsv"): v for k, v in small.items()}
    tabs["paper.yaml"] = tabs["paper.yaml"].replace(b".csv", b".tsv")
    for name in list(tabs)[1:]:
        tabs[name] = _with_delimiter(tabs[name].decode(), "\t").encode()
    books = {
        k.replace(".csv", ".xlsx"): _workbook(v.decode()) if k.endswith(".csv") else v
        for k, v in small.items()
    }
    books["paper.yaml"] = books["paper.yaml"].replace(b".csv", b".xlsx")
    with tempfile.TemporaryDirectory() as folder:
        files = new_paper(Path(folder) / "new", sheets=True)
        template = {file.name: file.read_bytes() for file in files if file.suffix != ".json"}
    return [
        {"paper.yaml": GOOD.encode()},
        small,
        tabs,
        books,
        {"paper.yaml": TEMPLATE.read_bytes()},
        template,
        {"paper.yaml": YU.read_bytes()},
        {"paper.yaml": yaml.safe_dump(shapes.record(), allow_unicode=True).encode()},
    ]


# the large ones are audited slowly and say little more
_WEIGHTS = (0.36, 0.30, 0.05, 0.12, 0.08, 0.06, 0.01, 0.02)


def _with_delimiter(text: str, delimiter: str) -> str:
    import csv

    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


def _workbook(text: str) -> bytes:
    import csv

    import openpyxl

    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(text)):
        book.active.append([cell or None for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- changes --------------------------------------------------------------------------------------

_NUMBERS = [
    "0", "1", "-1", "2", "100", "0.0", "0.000", "0.5", "1.000", "99.99%", "100%", "<0.001", ">0.05", "NS",
    "1e29", "-1e29", "1e-99", "1e-299", "1e30", "1e999999", "9" * 39, "0." + "0" * 36 + "1", "1000000000",
    "nan", "inf", ".nan", "-.inf", "٣", "１２", "0x10", "1_000", "1,000", "0,7", "1 000", "−5", "+5",
    "=1+1", "5-3", "3/12", "1/0", "0/0", "12/3", "1e5", "true", "null", "~", "", " ", "≥2", "≤ 0.1",
]  # fmt: skip
_TOKENS = [
    *_NUMBERS, "\x00", "\x1b[31m", "\u200f", "\u202e", "\ufeff", "\u00a0", "\u2028", "\x85", "\r", "\r\n", "\n",
    "\t", "&a ", "*a", "!!python/object/apply:os.system ['x']", "!!binary aGk=", "<<: ", "? ", "- ", ": ", "{", "}",
    "[", "]", "'", '"', "|\n  x", ">\n  x", "---\n", "...\n", "%YAML 9.9\n", "#", ",", ";", "±", "(", ")", "–",
    "\U0001f600", "é", "年龄", "0 ± 0", "1 ± 0", "0 (0–0)", "0 (0%)", "5 (5–5)", "1e29 ± 1e29", "0–0", "0.5–0.5",
    "1e-99–1e29", "file: table1.csv", "file: ../x.csv", "file: /dev/zero", "../" * 50, "sheet: x", "decimal: comma",
    "<script>alert(1)</script>", '=HYPERLINK("x")', "id", "n:cases", "table1.sex.male", "groups.cases", "constant",
]  # fmt: skip
_NUMBER = re.compile(rb"(?<=[\"( ,\t])[-+<>]?\d+(?:\.\d+)?%?(?=[\"() ,\t\r\n])")


def _spot(rng: np.random.Generator, data: bytes) -> int:
    return int(rng.integers(len(data) + 1))


def _pick(rng: np.random.Generator, options):
    return options[int(rng.integers(len(options)))]


def _flip(rng, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        if out:
            out[int(rng.integers(len(out)))] = int(rng.integers(256))
    return bytes(out)


def _cut_short(rng, data: bytes) -> bytes:
    return data[: _spot(rng, data)]


def _drop(rng, data: bytes) -> bytes:
    i = _spot(rng, data)
    return data[:i] + data[i + int(rng.integers(1, 60)) :]


def _repeat(rng, data: bytes) -> bytes:
    i = _spot(rng, data)
    piece = data[i : i + int(rng.integers(1, 400))]
    return data[:i] + piece * int(rng.integers(1, 30)) + data[i:]


def _insert(rng, data: bytes) -> bytes:
    i = _spot(rng, data)
    return data[:i] + _pick(rng, _TOKENS).encode() + data[i:]


def _insert_long(rng, data: bytes) -> bytes:
    i = _spot(rng, data)
    long = _pick(rng, ["1" * 1_000_000, "x" * 300_000, "[" * 5_000, "{a: " * 5_000, " " * 100_000,
                       "\n" * 100_000, ",1" * 50_000, "a: &a [*a, *a]\n" * 500, "- " * 3_000])  # fmt: skip
    return data[:i] + long.encode() + data[i:]


def _other_number(rng, data: bytes) -> bytes:
    """Some numbers of the file become others: most of these load."""
    found = list(_NUMBER.finditer(data))
    out = data
    for _ in range(int(rng.integers(1, 5))):
        if found:
            match = _pick(rng, found)
            other = _pick(rng, found)[0] if rng.random() < 0.5 else _pick(rng, _NUMBERS).encode()
            out = (
                out[: match.start()] + other + out[match.end() :]
                if out is data
                else out.replace(match[0], other, 1)
            )
    return out


def _other_digits(rng, data: bytes) -> bytes:
    """Digits of printed numbers become others, mostly decimals: nearly all of these load, and
    few of their numbers fit together any longer."""
    out = bytearray(data)
    whole = [i for m in _NUMBER.finditer(data) for i in range(*m.span()) if out[i] in b"0123456789"]
    decimals = [i for m in re.finditer(rb"(?<=\d\.)\d+", data) for i in range(*m.span())]
    for _ in range(int(rng.integers(1, 12))):
        if found := decimals if rng.random() < 0.95 else whole:
            out[_pick(rng, found)] = _pick(rng, b"0123456789")
    return bytes(out)


def _other_cell(rng, data: bytes) -> bytes:
    """A cell of a sheet, or a value of a mapping, becomes another."""
    found = list(re.finditer(rb"(?<=[,:\t ])[^,:\t\n{}\"]+(?=[,}\n\t\"])", data))
    if not found:
        return data
    match = _pick(rng, found)
    other = _pick(rng, found)[0] if rng.random() < 0.6 else _pick(rng, _TOKENS).encode()
    return data[: match.start()] + other + data[match.end() :]


def _lines(rng, data: bytes) -> bytes:
    """Lines dropped, doubled or in another order."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data
    i, j = (int(rng.integers(len(lines))) for _ in range(2))
    how = int(rng.integers(3))
    if how == 0:
        del lines[i]
    elif how == 1:
        lines.insert(j, lines[i])
    else:
        lines[i], lines[j] = lines[j], lines[i]
    return b"".join(lines)


def _recode(rng, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    how = int(rng.integers(7))
    if how == 0:
        return text.encode(_pick(rng, ["utf-16", "utf-16-le", "utf-32"]))
    if how == 1:
        return text.encode(_pick(rng, ["latin-1", "cp1252", "cp437"]), "replace") + b"\xe4\xf6"
    if how == 2:
        return b"\xef\xbb\xbf" + data
    if how == 3:
        return data.replace(b"\n", b"\r\n")
    if how == 4:
        return data.replace(b"\n", b"\r")
    if how == 5:
        return text.translate({ord("0") + d: 0x660 + d for d in range(10)}).encode()
    return data.replace(b" ", "\u00a0".encode())


def _inside(rng, data: bytes) -> bytes:
    """A part of a workbook changed, the package kept whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            parts = {name: old.read(name) for name in old.namelist()}
    except Exception:
        return _flip(rng, data)
    name = _pick(rng, sorted(parts))
    parts[name] = _pick(rng, [_flip, _cut_short, _drop, _repeat, _insert, _other_number])(
        rng, parts[name]
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(part, content)
    return out.getvalue()


def _nothing(rng, data: bytes) -> bytes:
    return _pick(rng, [b"", b"\n", b"\x00", b" ", b"PK\x03\x04", b"\xff\xfe", bytes(range(256))])


_CHANGES: list[tuple[Callable[[np.random.Generator, bytes], bytes], float]] = [
    (_other_digits, 12), (_other_number, 5), (_other_cell, 4), (_lines, 3), (_insert, 3), (_flip, 2), (_drop, 2),
    (_repeat, 1.5), (_cut_short, 1), (_recode, 1), (_insert_long, 0.4), (_nothing, 0.2),
]  # fmt: skip


def broken(seed: int) -> tuple[Files, str]:
    """A folder of files made from a good one, and what was done; the same for the same seed."""
    rng = np.random.default_rng(seed)
    good = good_files()[rng.choice(len(_WEIGHTS), p=np.array(_WEIGHTS) / sum(_WEIGHTS))]
    return _changed(good, rng)


def broken_study(seed: int) -> tuple[Files, str]:
    """The same for a study of patients."""
    rng = np.random.default_rng(seed)
    return _changed(_pick(rng, good_studies()), rng)


def _changed(good: Files, rng: np.random.Generator) -> tuple[Files, str]:
    files = dict(good)
    told = []
    weights = np.array([w for _, w in _CHANGES])
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3]))):
        name = _pick(rng, sorted(files))
        if name.endswith(".xlsx") and rng.random() < 0.8:
            change = _inside
        else:
            change = _CHANGES[rng.choice(len(_CHANGES), p=weights / weights.sum())][0]
        files[name] = change(rng, files[name])
        told.append(f"{change.__name__.strip('_')} in {name}")
    return files, ", ".join(told)


@cache
def good_studies() -> list[Files]:
    """A small study of patients in each kind of file."""
    import pandas as pd

    study = f"[study]\nresamples = 100\n{studies.BASIC}".encode()
    frame = pd.DataFrame(studies.rows(), columns=studies.HEAD)
    found: list[Files] = []
    for name, write_frame in (
        ("patients.csv", lambda f, to: f.to_csv(to, index=False)),
        ("patients.tsv", lambda f, to: f.to_csv(to, index=False, sep="\t")),
        ("patients.xlsx", lambda f, to: f.to_excel(to, index=False)),
        ("patients.parquet", lambda f, to: f.to_parquet(to)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            write_frame(frame, Path(folder) / name)
            found.append({name: (Path(folder) / name).read_bytes(), "study.toml": study})
    return found


# --- files that are none --------------------------------------------------------------------------


def special(folder: Path) -> Iterator[Path]:
    """Paths that are no plain files, in the place of a record and of a spreadsheet."""

    def stand_in(name: str, make: Callable[[Path], object]) -> Iterator[Path]:
        for place in ("paper.yaml", "table1.csv"):
            here = folder / f"{name}_{place.partition('.')[0]}"
            here.mkdir()
            for file, content in good_files()[1].items():
                if file != place:
                    (here / file).write_bytes(content)
            make(here / place)
            yield here / "paper.yaml"

    yield from stand_in("folder", Path.mkdir)
    yield from stand_in("pipe", os.mkfifo)
    yield from stand_in("zero", lambda file: file.symlink_to("/dev/zero"))
    yield from stand_in("random", lambda file: file.symlink_to("/dev/urandom"))
    yield from stand_in("loop", lambda file: file.symlink_to(file))
    yield from stand_in("gone", lambda file: file.symlink_to(folder / "nowhere"))
    yield from stand_in("huge", lambda file: file.write_bytes(b"a,b\n" * 5_000_000))
    yield from stand_in("missing", lambda file: None)


# --- what must hold -------------------------------------------------------------------------------


class TooLongError(BaseException):
    """An input took more than the time allowed."""


class Failed(AssertionError):
    """What must hold does not."""


@contextlib.contextmanager
def limits(cpu: float = CPU_SECONDS, wall: float = WALL_SECONDS) -> Iterator[None]:
    """Time limits; memory is limited for the whole process by :func:`limit_memory`."""

    def stop(number: int, frame: object) -> None:
        raise TooLongError(f"more than {cpu if number == signal.SIGPROF else wall} seconds")

    before = [signal.signal(s, stop) for s in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, cpu)
    signal.setitimer(signal.ITIMER_REAL, wall)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for s, handler in zip((signal.SIGPROF, signal.SIGALRM), before, strict=True):
            signal.signal(s, handler)


def limit_memory() -> None:
    """Let this process take only so much more memory than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


class Watch:
    """What a run opens: nothing may be written, and no data read outside its folder."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.wrong: list[str] = []
        sys.addaudithook(self._see)  # for the life of the process

    def _see(self, event: str, arguments: tuple) -> None:
        if self.folder is None:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
            name = os.fsdecode(path) if isinstance(path, str | bytes) else ""
            data = name.endswith((".csv", ".tsv", ".xlsx", ".yaml")) or name.startswith("/dev/")
            ours = name.startswith((str(self.folder), str(ROOT), sys.prefix))
            if (writes and name != os.devnull) or (data and not ours):
                self.wrong.append(f"open {name!r} {mode} {flags}")
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree",
                       "os.system", "subprocess.Popen", "socket.connect", "os.symlink"):  # fmt: skip
            self.wrong.append(f"{event} {arguments!r}"[:200])


@cache
def watch() -> Watch:
    return Watch()


def hold(file: Path) -> str:
    """Load and audit `file`; "loads", or the sentence of refusal.

    Raises :class:`Failed` for an error without a good sentence, :class:`TooLongError`, or
    whatever the loader or the audit lets through.
    """
    seen = watch()
    seen.folder, seen.wrong = file.parent, []
    try:
        with limits():
            try:
                paper = load_paper(file)
            except PaperError as error:
                _check_sentence(str(error), file.parent)
                return str(error)
            ledger = audit(paper)
            covered = {number for finding in ledger for number in finding.numbers}
            if missing := set(paper.numbers) - covered:
                raise Failed(f"numbers without a finding: {sorted(missing)[:5]}")
            to_csv(ledger)
            if len(ledger) < 60:  # drawing the table takes longer than all else
                ledger_text(ledger, paper)
            tables_as_csv(paper)
            return "loads"
    finally:
        seen.folder = None
        if seen.wrong:
            raise Failed(f"touched: {seen.wrong[:3]}")


def hold_study(folder: Path) -> str:
    """The command ``cohort`` on the files in `folder`: "loads", or the sentence of refusal."""
    patients = next(f for f in folder.iterdir() if f.stem == "patients")
    command = ["cohort", str(patients), "--config", str(folder / "study.toml"),
               "--csv", str(folder / "out")]  # fmt: skip
    before = {f: f.read_bytes() for f in folder.iterdir()}
    told, said = io.StringIO(), io.TextIOWrapper(io.BytesIO())
    with limits(), contextlib.redirect_stderr(told), contextlib.redirect_stdout(said):
        code = command_line(command)
    out = folder / "out"
    if {f: f.read_bytes() for f in folder.iterdir() if f != out} != before:
        raise Failed("a file beside the results was written")
    if code == 0:
        if not list(out.glob("*.csv")):
            raise Failed("nothing was written")
        return "loads"
    if out.exists():
        raise Failed("results of what was refused")
    sentence = told.getvalue().removeprefix("error: ").removesuffix("\n")
    _check_sentence(sentence, folder)
    return sentence


def _check_sentence(text: str, folder: Path) -> None:
    if not text.startswith(str(folder)):
        raise Failed(f"names no file: {text!r}")
    if not text.endswith(".") or not text.isprintable() or len(text) - len(str(folder)) > 700:
        raise Failed(f"is no sentence: {text[:900]!r}")
    if "Traceback" in text or "Error(" in text:
        raise Failed(f"is no sentence for people: {text!r}")


def write(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "paper.yaml"


def run(seed: int, folder: Path, study: bool = False) -> str:
    """One broken input in a folder of its own: what came of it."""
    files, _ = (broken_study if study else broken)(seed)
    here = folder / str(seed)
    here.mkdir()
    try:
        file = write(files, here)
        return hold_study(here) if study else hold(file)
    finally:
        shutil.rmtree(here, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Broken inputs for the loaders and the audit.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next ones follow")
    parser.add_argument("--studies", action="store_true", help="of patients, instead of records")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that fail")
    options = parser.parse_args()
    made = broken_study if options.studies else broken
    made(1)
    limit_memory()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(options.seed, options.seed + options.count):
            try:
                outcomes[
                    "loads" if run(seed, Path(name), options.studies) == "loads" else "refused"
                ] += 1
            except (Exception, TooLongError) as error:
                files, told = made(seed)
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{Path(last.filename).name}:{last.lineno}"
                outcomes[f"FAILED {type(error).__name__} at {where}"] += 1
                print(f"seed {seed} ({told}): {type(error).__name__} {where}: {str(error)[:200]}")
                if options.keep:
                    (options.keep / str(seed)).mkdir(parents=True, exist_ok=True)
                    write(files, options.keep / str(seed))
            if (done := seed - options.seed + 1) % 500 == 0:
                print(f"{done} inputs: {dict(outcomes)}", file=sys.stderr, flush=True)
    for outcome, n in outcomes.most_common():
        print(f"{n:6} {outcome}")
    return int(any(outcome.startswith("FAILED") for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
