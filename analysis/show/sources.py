"""Which publications stand behind the checks of an audit, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from analysis.findings import Finding
from analysis.paper import Paper
from analysis.shipped import DATA

REFERENCES = DATA / "references.bib"

# The one place that says whose method a check uses. A check of plain arithmetic has none.
METHODS: dict[str, tuple[str, ...]] = {
    "counts and percentages": (),
    "text against tables": (),
    "arithmetic of the text": (),
    "timeline": (),
    "coverage": (),
    "means and SDs within limits": ("bhatia2000",),
    "means of whole numbers": ("brown2017", "anaya2016"),
    "t from means and SDs": ("student1908", "welch1947"),
    "P from t": ("student1908", "welch1947"),
    "P from means and SDs": ("student1908", "welch1947"),
    "F from means and SDs": ("fisher1925", "welch1951", "brown1974"),
    "P from F": ("fisher1925", "welch1951", "brown1974"),
    "a test by ranks": ("mann1947", "kruskal1952"),
    "medians and quartiles": ("hyndman1996",),
    "all patients and their groups": (),
    "tests left open": (),
    "chi-square from counts": ("pearson1900", "yates1934"),
    "P from chi-square": ("pearson1900",),
    "P from counts": ("pearson1900", "yates1934", "fisher1935"),
    "one convention for the table": ("student1908", "welch1947", "pearson1900", "yates1934"),
    "fragility": ("pearson1900", "yates1934", "fisher1935"),
    "multiplicity": ("holm1979", "benjamini1995"),
    "derived variable": (),
    "AUC, SE and CI": ("hanley1982", "delong1988"),
    "standard error of the AUC": ("birnbaum1957", "delong1988"),
    "P of the AUC": ("mann1947", "hanley1982"),
    "AUC as pairs of patients": ("mann1947",),
    "direction of the AUC": (),
    "measures of a cut-off": (),
    "one table behind a cut-off": (),
    "order of cut-offs": (),
    "one convention for P": ("mann1947", "hanley1982"),
    "sensitivity and specificity": (),
    "area and point": (),
    "which criterion picked the cut": ("youden1950", "perkins2006"),
    "share beyond the cut": (),
    "cut and recording unit": (),
    "cut-offs across tables": (),
    "level of the intervals": (),
    "significance and interval": (),
    "columns of a regression row": (),
    "order of the limits": (),
    "univariable row and counts": ("woolf1955",),
    "standard error and number of events": ("cox1972",),
    "name of the ratio": ("woolf1955", "katz1978", "zhang1998", "robinson1991"),
    "constant under each coding": ("mccullagh1989",),
    "score equations across tables": ("mccullagh1989",),
    "standard error against the crude table": ("robinson1991",),
}

_ENTRY = re.compile(r"^@\w+\{([^,\s]+),.*?^\}$", re.MULTILINE | re.DOTALL)
_SPECIAL = re.compile(r"[\\{}%$#&_~^]")


def entries(file: Path = REFERENCES) -> dict[str, str]:
    """The entries of a BibTeX file by their keys; each ends with a brace on a line of its own."""
    return {match[1]: match[0] for match in _ENTRY.finditer(file.read_text("utf-8"))}


def methods_of(findings: Iterable[Finding]) -> list[str]:
    """The keys of the methods that these findings used, each once, in their order."""
    checks = dict.fromkeys(finding.check for finding in findings)
    return list(dict.fromkeys(key for check in checks for key in METHODS.get(check, ())))


def entry_of(paper: Paper, known: dict[str, str]) -> str:
    """The entry of the paper itself: ours if we have it, else what its record says."""
    if paper.paper.key in known:
        return known[paper.paper.key]
    fields = [f"title = {{{_plain(paper.paper.label)}}}"]
    if paper.paper.doi:
        fields.append(f"doi = {{{_plain(paper.paper.doi)}}}")
    return f"@misc{{{paper.paper.key},\n  " + ",\n  ".join(fields) + "\n}"


def bibtex(findings: Iterable[Finding], paper: Paper) -> str:
    """The paper, then the methods behind the checks that these findings used."""
    known = entries()
    ours = [known[key] for key in methods_of(findings) if key != paper.paper.key]
    return "\n".join([entry_of(paper, known), *ours]) + "\n"


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _plain(text: str) -> str:
    """Text that LaTeX prints as it stands, on one line."""
    return _SPECIAL.sub(lambda m: _LATEX.get(m[0], "\\" + m[0]), " ".join(text.split()))


_FIELD = re.compile(r"(\w+)\s*=\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


def reference(entry: str) -> str:
    """An entry as a line of a list: authors, title, journal, year, place, DOI."""
    field = {name.lower(): value for name, value in _FIELD.findall(entry)}
    field = {name: _read(value) for name, value in field.items()}
    authors = [name.partition(",")[0] for name in field.get("author", "").split(" and ") if name]
    who = f"{authors[0]} et al." if len(authors) > 3 else " & ".join(authors)
    place = " ".join(
        filter(None, [field.get("journal") or field.get("publisher"), field.get("volume")])
    )
    place += f":{field['pages']}" if "pages" in field else ""
    year = f"({field['year']})" if "year" in field else ""
    doi = f"doi:{field['doi']}" if "doi" in field else ""
    head = " ".join(filter(None, [who, year]))
    return ". ".join(filter(None, [head, field.get("title"), place, doi]))


def _read(value: str) -> str:
    for name, sign in (("\\chi^2", "χ²"), ("--", "–"), ("$", "")):
        value = value.replace(name, sign)
    value = value.replace("\\textbackslash{}", "\\")
    return re.sub(r"\\(?=[%&_#~^{}])|[{}]", "", value)
