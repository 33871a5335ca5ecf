"""What became of simulated papers: stored counts as tables, shares with their intervals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.estimate.accuracy import share
from analysis.show.html import Html
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


def trial(file: Path) -> Trial:
    """A stored trial.  Raises OSError or ValueError if there is none."""
    return Trial(json.loads(file.read_text(encoding="utf-8"))["summary"])
