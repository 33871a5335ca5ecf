"""What became of simulated papers: stored counts as tables, shares with their intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.estimate.accuracy import Table, share
from analysis.findings import Verdict, first_up
from analysis.show.drawing import WIDTH, Sheet, check_key
from analysis.show.figures import Figure, _heading, _legend
from analysis.show.html import Html
from analysis.show.palette import BLUE, LINE, MARKS, RED, WASH
from analysis.show.tables import paper_rows

KINDS = {
    "digit": "one digit of a coefficient",
    "sign": "the sign of a coefficient",
    "crude": "coefficient and error of a fit without the other predictors",
    "swap": "coefficient and error of another row",
    "se": "a standard error, times a factor",
    "constant": "the constant of another coding",
    "margin": "a count of patients",
    "sensitivity": "the sensitivity at the cut-off",
    "specificity": "the specificity at the cut-off",
}
WAYS = ("errors", "free", "constant")


@dataclass(frozen=True, slots=True)
class Trial:
    """The summary of one trial of the checks across tables."""

    summary: dict[str, Any]

    def planted(self) -> Html:
        """Planted errors by kind: how many papers, how many were noticed, and by what."""
        rows = []
        for kind, words in KINDS.items():
            counts = self.summary["planted"].get(kind)
            if counts is None:
                continue
            n = sum(counts.values())
            caught = n - counts.get("missed", 0)
            found = share(caught, n)
            rows.append(
                {
                    "Planted error": words,
                    "Papers": n,
                    "Noticed": caught,
                    "Share": f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})",
                    "By standard errors": counts.get("errors", 0),
                    "By score equations": counts.get("free", 0),
                    "With the constant": counts.get("constant", 0),
                }
            )
        return paper_rows(rows, label="Planted errors in simulated papers, and what noticed them")

    def told(self) -> dict[str, str]:
        """For the prose: honest papers, false refutations, codings."""
        s = self.summary
        honest = s["papers"] - s["free"].get("not joined", 0)
        false = s["free"].get("refuted", 0) + s["constant"].get("refuted", 0)
        false += s["errors_refuted"] + s["accused"] + s["false_claims_of_studies"]
        false += s["codings_asked"] - s["true_coding_left"]
        planted = [n for counts in s["planted"].values() for n in counts.values()]
        missed = sum(counts.get("missed", 0) for counts in s["planted"].values())
        return {
            "trial_honest": f"{honest:,}".replace(",", " "),
            "trial_false": "none" if false == 0 else str(false),
            "trial_studied": str(s["studied"]),
            "trial_codings": str(s["codings_asked"]),
            "trial_one_coding": str(s["only_true_coding_left"]),
            "trial_caught": f"{1 - missed / sum(planted):.0%}",
            "trial_upper": f"{share(false, honest).high:.2%}",
        }


# --- the round trip --------------------------------------------------------------------

PLANTED = {
    "digit": "one digit of a printed number",
    "transposed": "two neighbouring digits exchanged",
    "p_of_row": "P of another row",
    "ci_of_row": "interval of another row",
    "percent_of_cell": "percentage of another cell",
    "statement": "one digit of a number in the abstract",
    "denominator": "percentage of the size of the other group",
    "count": "count off by one to three, and its percentage",
    "groups_swapped": "sizes of the two groups exchanged",
    "se_for_sd": "standard errors for SDs in both groups",
    "se_for_sd_once": "a standard error for an SD in one group",
    "sd_for_se": "SD for a standard error, or so wide an interval",
    "means_swapped": "means of the two groups exchanged",
    "cut": "cut-off and its point from other patients",
    "coefficient": "coefficient of another model",
    "row_of_other_model": "a whole row of another model",
    "sign": "a minus sign lost",
    "whole_row": "a whole row from other patients",
}

# Why an error of this kind can pass.
REASONS = {
    "digit": "A last digit often stays inside what the other numbers allow, and some numbers have "
    "no partner: medians, cut-offs.",
    "transposed": "As with one digit: numbers without a partner hide it.",
    "p_of_row": "Two rows can have P values so alike, or printed so coarsely, that both fit.",
    "ci_of_row": "Where only the interval of an area is printed, other methods may give it.",
    "percent_of_cell": "A smaller, hidden denominator may give the percentage.",
    "statement": "What the abstract says is compared only with the number that it repeats.",
    "denominator": "A smaller, hidden denominator may give the percentage too.",
    "count": "The count is a possible one; only the test of its row can tell, and a coarse P "
    "leaves it room.",
    "groups_swapped": "Sizes matter only where a percentage, a t or a share of patients uses them.",
    "se_for_sd": "Papers do print standard errors, so that reading is tried and fits.",
    "se_for_sd_once": "Without t or P in the row nothing uses the SD, and a coarse P leaves it room.",
    "sd_for_se": "Intervals need not be symmetric; a bootstrap could give a strange one.",
    "means_swapped": "The size of t stays the same, and its sign depends on which group is "
    "subtracted, so it is not compared.",
    "cut": "Many points lie on some curve with the printed area.",
    "coefficient": "A coefficient that stands alone has nothing to contradict.",
    "row_of_other_model": "The row is right for its own model; nothing in it contradicts itself.",
    "sign": "A coefficient that stands alone has nothing to contradict.",
    "whole_row": "The row is right for some patients; nothing in it contradicts itself.",
}

CARELESS = {
    "twice": "every number rounded to one digit more first, then again",
    "cut": "every number cut off instead of rounded",
    "missing_unsaid": "patients without a value, and no word about it",
    "ranks_unsaid": "means and SDs beside the P of a rank test, and no word about it",
}

MODULES = {
    "two_group": "Tables of groups",
    "roc": "ROC tables",
    "regression": "Regression tables",
    "across_tables": "Across tables",
    "text": "Text against tables",
}

PEERS = {
    "p_from_statistic": "P from t, z or chi-square",
    "t_from_means": "t from means and SDs",
    "scrutipy": "GRIM and GRIMMER of scrutipy",
    "statcheck": "statcheck",
}
_GRIM = "means of whole numbers"
_FEW_NOTICED = 0.5  # kinds under this share are listed with the reason


def _thousands(n: int) -> str:
    return f"{n:,}".replace(",", " ")


def _interval(count: int, of: int, decimals: int = 0) -> str:
    """A share with its interval (Wilson 1927), the ends rounded outward."""
    if not of:
        return "–"
    found, scale = share(count, of), 10**decimals
    low = math.floor(100 * found.low * scale + 1e-9) / scale
    high = math.ceil(100 * found.high * scale - 1e-9) / scale
    return f"{found.value:.{decimals}%} ({low:.{decimals}f}% to {high:.{decimals}f}%)"


def _percent(count: int, of: int) -> str:
    return f"{count / of:.0%}" if of else "–"


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The summary of the trial of the whole audit: honest papers, and planted errors."""

    summary: dict[str, Any]

    @property
    def papers(self) -> int:
        return self.summary["papers"]

    @property
    def alarms(self) -> int:
        return len(self.summary["false_alarms"])

    def total(self, key: str) -> int:
        """Over all planted errors: ``papers``, ``impossible``, ``refused``, ``depends`` or
        ``missed``."""
        return sum(counts[key] for counts in self.summary["planted"].values())

    @property
    def noticed(self) -> int:
        """Errors that the audit called impossible, or that a record may not hold at all."""
        return self.total("impossible") + self.total("refused")

    @property
    def square(self) -> Table:
        """Papers with and without an error against what the audit said of them."""
        errors = self.total("papers")
        return Table(self.noticed, errors - self.noticed, self.alarms, self.papers - self.alarms)

    def told(self) -> dict[str, str]:
        """For the prose: how many papers, errors and data sets, and the shares."""
        s, square = self.summary, self.square
        specificity, sensitivity = square.specificity(), square.sensitivity()
        errors = self.total("papers")
        upper = math.ceil((1 - specificity.low) * 1e4) / 100
        return {
            "papers": _thousands(self.papers),
            "numbers": _thousands(s["numbers"]),
            "data_sets": str(s["data_sets"]),
            "simulated": _thousands(s["simulated"]),
            "smallest": str(s["smallest_study"]),
            "largest": str(s["largest_study"]),
            "alarms": "none" if self.alarms == 0 else str(self.alarms),
            "alarms_upper": f"{upper:.2f}%",
            "specificity": f"{specificity.value:.2%}",
            "errors": _thousands(errors),
            "noticed": _thousands(self.noticed),
            "refused": str(self.total("refused")),
            "sensitivity": _interval(self.noticed, errors),
            "sensitivity_short": f"{sensitivity.value:.0%}",
            "depends": _interval(self.total("depends"), errors),
            "missed": _interval(self.total("missed"), errors),
            "honest_depends": _percent(s["with_depends"], self.papers),
            "kinds": str(len(s["planted"])),
        } | {f"{name}_version": v or "(not installed)" for name, v in s["peer_versions"].items()}

    def square_sheet(self) -> Html:
        """The two-by-two table of the audit."""
        square, errors = self.square, self.total("papers")
        rows = [
            {
                "The audit says": "impossible",
                "With an error": _thousands(square.true_positive),
                "Honest": _thousands(square.false_positive),
            },
            {
                "The audit says": "nothing is impossible",
                "With an error": _thousands(square.false_negative),
                "Honest": _thousands(square.true_negative),
            },
            {
                "The audit says": "all papers",
                "With an error": _thousands(errors),
                "Honest": _thousands(self.papers),
            },
        ]
        return paper_rows(rows, label="Honest papers and papers with an error, by what was said")

    def clean_but_wrong(self, prevalence: float) -> str:
        """Of 100 papers with a clean audit, those with an error, where `prevalence` is the
        share of papers with one."""
        return f"{100 * (1 - self.square.npv_at(prevalence).value):.0f}"

    def predictive_sheet(self, prevalences: Sequence[float] = (0.05, 0.2, 0.5)) -> Html:
        """Of 100 papers: how many have an error, and how many of those that the audit calls
        clean or not."""
        rows = []
        for prevalence in prevalences:
            accused = self.square.ppv_at(prevalence, adjusted=True)
            rows.append(
                {
                    "Papers with an error": f"{100 * prevalence:.0f} of 100",
                    "An error in spite of a clean audit": f"{self.clean_but_wrong(prevalence)} of 100",
                    "An error where the audit says impossible": "all of 100"
                    if self.alarms == 0
                    else f"{100 * accused.value:.0f} of 100",
                    "At least (95%)": f"{math.floor(1000 * accused.low) / 10:.1f} of 100",
                }
            )
        return paper_rows(rows, label="What a verdict means where errors are rare or common")

    def _noticed_of(self, counts: dict[str, Any]) -> int:
        return counts["impossible"] + counts["refused"]

    def kinds_sheet(self) -> Html:
        """Planted errors by kind: papers, and the share noticed with its interval."""
        rows = [
            {
                "Planted error": words,
                "Papers": counts["papers"],
                "Noticed": _interval(self._noticed_of(counts), counts["papers"]),
            }
            for kind, words in PLANTED.items()
            if (counts := self.summary["planted"].get(kind)) is not None
        ]
        return paper_rows(rows, label="Planted errors by kind, and how many were noticed")

    def modules_sheet(self) -> Html:
        """Which tables' checks noticed the errors of each kind."""
        rows = []
        for kind, words in PLANTED.items():
            if (counts := self.summary["planted"].get(kind)) is None:
                continue
            found = [(counts["modules"].get(m, 0), name) for m, name in MODULES.items()]
            told = [f"{name}: {n}" for n, name in sorted(found, key=lambda x: -x[0]) if n]
            if counts["refused"]:
                told.append(f"refused as no such number: {counts['refused']}")
            rows.append({"Planted error": words, "Noticed by": "; ".join(told) or "none"})
        return paper_rows(rows, label="Planted errors by kind and by the checks that noticed them")

    def checks_sheet(self) -> Html:
        """Each check: how many errors it noticed, and of which kind most."""
        found: dict[str, dict[str, int]] = {}
        for kind, counts in self.summary["planted"].items():
            for check, n in counts["checks"].items():
                found.setdefault(check, {})[kind] = n
        rows = [
            {
                "Check": check if check[1:2] in (" ", ",") else first_up(check),
                "Errors noticed": sum(kinds.values()),
                "Most often": PLANTED[max(kinds, key=lambda k: (kinds[k], k))],
            }
            for check, kinds in sorted(found.items(), key=lambda x: (-sum(x[1].values()), x[0]))
        ]
        return paper_rows(rows, label="Checks by how many planted errors they noticed")

    def _tests(self) -> list[tuple[str, int, int, int | None, int]]:
        """Each test: its name, honest papers it was asked about and called wrong, planted
        papers it could be asked about (None: not counted) and noticed."""
        planted = self.summary["planted"].values()
        grim = sum(c["checks"].get(_GRIM, 0) for c in planted)
        errors = self.total("papers")
        rows = [
            ("This audit", self.papers, self.alarms, errors, self.noticed),
            (
                "Its GRIM and GRIMMER alone",
                self.papers,
                self.summary["false_alarms_grim"],
                None,
                grim,
            ),
        ]
        for name, words in PEERS.items():
            honest = self.summary["peers_honest"].get(name, {"asked": 0, "wrong": 0})
            asked = sum(c["peers"][name]["asked"] for c in planted if name in c["peers"])
            wrong = sum(c["peers"][name]["wrong"] for c in planted if name in c["peers"])
            if honest["asked"]:
                rows.append((words, honest["asked"], honest["wrong"], asked, wrong))
        return rows

    def tests_sheet(self) -> Html:
        """The audit beside single tests, on the same tables."""
        errors = self.total("papers")
        rows = [
            {
                "Test": name,
                "False alarms": f"{_thousands(wrong)} of {_thousands(honest)}",
                "Share of the honest": _interval(wrong, honest, 1),
                "Could be asked": "–" if asked is None else _percent(asked, errors),
                "Noticed of all errors": _interval(caught, errors),
                "Where asked": "–" if asked is None else _interval(caught, asked),
            }
            for name, honest, wrong, asked, caught in self._tests()
        ]
        return paper_rows(rows, label="The audit and single tests on the same papers")

    def tests_told(self) -> dict[str, str]:
        """For the prose: what the best single test noticed, and its false alarms."""
        _, *singles = self._tests()
        best = max(singles, key=lambda row: row[4])
        loud = max(singles, key=lambda row: row[2] / row[1])
        return {
            "best_single": best[0],
            "best_single_share": _percent(best[4], self.total("papers")),
            "best_single_asked": "–" if best[3] is None else _percent(best[4], best[3]),
            "loudest": loud[0],
            "loudest_share": f"{loud[2] / loud[1]:.1%}",
        }

    def unseen_sheet(self) -> Html:
        """The kinds of which less than half were noticed, and why they can pass."""
        rows = [
            {
                "Planted error": words,
                "Noticed": _percent(self._noticed_of(counts), counts["papers"]),
                "Why it can pass": REASONS[kind],
            }
            for kind, words in PLANTED.items()
            if (counts := self.summary["planted"].get(kind)) is not None
            and self._noticed_of(counts) < _FEW_NOTICED * counts["papers"]
        ]
        return paper_rows(rows, label="Kinds of error that mostly pass, and why")

    def numbers_sheet(self) -> Html:
        """A wrong digit, or two exchanged, by the printed number in which it stands."""
        rows = []
        for place, counts in self.summary["slips"].items():
            table, _, column = place.partition(".")
            n = counts["papers"]
            rows.append((self._noticed_of(counts) / n, _NUMBERS.get(column, column), table, counts))
        rows.sort(key=lambda row: (-row[0], row[1], row[2]))
        return paper_rows(
            [
                {
                    "Printed number": name if name[1:2] in (" ", ",") else first_up(name),
                    "Where": MODULES.get(table, first_up(table)),
                    "Papers": counts["papers"],
                    "Noticed": _interval(self._noticed_of(counts), counts["papers"]),
                }
                for _, name, table, counts in rows
            ],
            label="A wrong digit by the printed number in which it stands",
        )

    def careless_sheet(self) -> Html:
        """Honest papers that are not printed as the findings assume."""
        rows = [
            {
                "Honest, but": CARELESS[kind],
                "Papers": counts["papers"],
                "Called impossible": _interval(counts["impossible"], counts["papers"]),
            }
            for kind, counts in self.summary["careless"].items()
            if counts["papers"]
        ]
        return paper_rows(rows, label="Honest papers that the assumptions of the findings rule out")

    def kinds_plot(self, key: str) -> Figure:
        """One bar a kind of error: impossible, depends, nothing new."""
        check_key(key)
        shares = []
        for kind, words in PLANTED.items():
            if (counts := self.summary["planted"].get(kind)) is not None:
                n = counts["papers"]
                parts = (self._noticed_of(counts) / n, counts["depends"] / n, counts["missed"] / n)
                shares.append((words, n, parts))
        shares.sort(key=lambda row: (-row[2][0], row[0]))
        impossible, depends = MARKS[Verdict.IMPOSSIBLE], MARKS[Verdict.DEPENDS]
        # told apart by their outlines too
        fills = ((impossible.text, None), (depends.ground, depends.text), (WASH, LINE))
        sheet, y, data = Sheet(), 14.0, []
        for words, n, parts in shares:
            y = _heading(sheet, y, first_up(words), f"{parts[0]:.0%}")
            x = 0.0
            for part, (fill, edge) in zip(parts, fills, strict=True):
                if part:
                    sheet.box(x + 1, y + 5, x + WIDTH * part - 1, y + 17, fill, edge=edge)
                x += WIDTH * part
            y += 36
            names = ("Impossible", "Only depends", "Nothing new")
            data.append(
                {"Planted error": first_up(words), "Papers": n}
                | {name: f"{part:.0%}" for name, part in zip(names, parts, strict=True)}
            )
        entries = (
            "called impossible (at the right: the share)",
            "only a new depends",
            "nothing new",
        )
        y = _legend(
            sheet, y + 4,
            [
                (lambda a, b, c=fill, e=edge: sheet.box(a - 10, b - 5, a + 10, b + 5, c, edge=e), words)
                for words, (fill, edge) in zip(entries, fills, strict=True)
            ],
        )  # fmt: skip
        title = "Planted errors by kind, and what the audit said"
        alt = f"{title}. " + " ".join(
            f"{first_up(words)}: {parts[0]:.0%} impossible, {parts[1]:.0%} only depends, "
            f"{parts[2]:.0%} nothing new."
            for words, _, parts in shares
        )
        return Figure(sheet.svg(y, key, title, alt), alt, data, title)

    def tests_plot(self, key: str) -> Figure:
        """Sensitivity and false alarms of the audit and of single tests."""
        check_key(key)
        errors = self.total("papers")
        sheet, y, data, told = Sheet(), 14.0, [], []
        left, right = 14.0, WIDTH - 20.0

        def x(value: float) -> float:
            return left + (right - left) * value

        top = y
        for name, honest, wrong, _, caught in self._tests():
            seen, false = share(caught, errors), share(wrong, honest)
            y = _heading(sheet, y, name, f"{seen.value:.0%} noticed, {false.value:.1%} false")
            y += 15
            for found, shape, colour in ((seen, "o", BLUE), (false, "x", RED)):
                sheet.line([x(found.low), x(found.high)], [y, y], colour, 3)
                sheet.mark(x(found.value), y, shape, colour, 8)
            y += 27
            data.append(
                {"Test": name, "Noticed": f"{seen.value:.1%}", "False alarms": f"{false.value:.1%}"}
            )
            told.append(f"{name}: {seen.value:.0%} noticed, {false.value:.1%} false alarms")
        ticks = [(x(v), f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
        y = sheet.scale(y - 6, ticks, "share of papers", top=top + 4)
        y = _legend(
            sheet, y + 22,
            [
                (lambda a, b: sheet.mark(a, b, "o", BLUE, 8), "planted errors noticed, of all errors"),
                (lambda a, b: sheet.mark(a, b, "x", RED, 8), "false alarms, of the honest papers that it could be asked about"),
            ],
        )  # fmt: skip
        title = "Sensitivity and false alarms, the audit beside single tests"
        alt = f"{title}. " + "; ".join(told) + "."
        return Figure(sheet.svg(y, key, title, alt), alt, data, title)


_NUMBERS = {
    "mean_sd": "mean ± SD", "median_iqr": "median (quartiles)", "n_pct": "count (percentage)",
    "statistic": "t, z or chi-square", "p": "P", "n": "size of a group", "auc": "area under the curve",
    "ci": "confidence interval", "se": "standard error", "threshold": "cut-off",
    "sensitivity": "sensitivity", "specificity": "specificity", "youden": "Youden index",
    "ppv": "positive predictive value", "npv": "negative predictive value",
    "accuracy": "accuracy", "lr_positive": "positive likelihood ratio",
    "lr_negative": "negative likelihood ratio", "b": "coefficient", "wald": "Wald statistic",
    "ratio": "odds or hazard ratio",
}  # fmt: skip


def trial(file: Path) -> Trial | RoundTrip:
    """A stored trial: a :class:`RoundTrip` of the whole audit, or a :class:`Trial` of the
    checks across tables.  Raises OSError or ValueError if there is none."""
    summary = json.loads(file.read_text(encoding="utf-8"))["summary"]
    return RoundTrip(summary) if "peers_honest" in summary else Trial(summary)
