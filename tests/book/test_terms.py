"""Every statistical term is explained, and linked where a page first uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workshop import chapters, prose, terms

NOTEBOOKS = chapters.notebooks()

# Words of statistics, written down without a look at the glossary: what the text uses of them
# must be explained there. A word of everyday language stands here only with its neighbours.
STATISTICAL = """
accuracy; adjusted odds ratio; analysis of variance; area under the curve; association; Bayes factor;
Benjamini–Hochberg; bias; binomial model; Bland–Altman; Bonferroni; bootstrap; Brier score;
C-index; C-statistic; calibration; case-control; censoring; chi-square; Clopper–Pearson; Cochran;
coefficient; coefficient of variation; Cohen's d; collinearity; competing event; competing risk;
complementary log-log; confidence interval; confidence level; confounder; confounding; correlation;
covariance; covariate; Cox model; Cox regression; credible interval; cross-validation;
crude risk ratio; cumulative incidence; cut-off; decision curve; degrees of freedom; DeLong;
detection limit; deviance; dispersion; E-value; effect modification; effect size; eigenvalue;
event; events per variable; exponential distribution; false alarm; false positive;
false discovery rate; Fisher's exact test; Fisher's test; Firth; fragility; Gaussian;
geometric mean; GRIM; GRIMMER; hazard; hazard ratio; heteroscedasticity; Holm; horizon;
Hosmer–Lemeshow; identity link; imputation; incidence; information criterion; instrumental variable;
intention to treat; interaction term; intercept; interquartile range; Kaplan–Meier; kappa;
Kendall; Kolmogorov–Smirnov; Kruskal–Wallis; lasso; least squares; likelihood ratio;
likelihood ratio test; linear programme; log link; log odds; log-rank; logistic regression; logit;
Mann–Whitney; Mantel–Haenszel; Markov chain; maximum likelihood; mediator; median;
meta-analysis; Monte Carlo; multicollinearity; multiple imputation; Nagelkerke; natural frequency;
negative predictive value; net benefit; net reclassification; normal distribution;
null hypothesis; number needed to treat; odds; odds ratio; optimism; overfitting; P value; parameter;
partial likelihood; penalised; percentile; Poisson; Poisson model; pooled standard deviation;
positive predictive value; posterior probability; power calculation; predictive value; predictor; prevalence;
prior probability; probit; prognosis; propensity score; proportional hazards; quantile; quartile; R-squared;
random effect; recall bias; regression; regression to the mean; relative risk; resample; residual;
restricted mean time; ridge; risk difference; risk of bias; risk ratio; robust standard error;
ROC curve; rounding interval; sample size calculation; sandwich; Schoenfeld; score equation;
score test; selection bias; sensitivity; Shapiro–Wilk; shrinkage; sign test; significant;
significance; skewed; Spearman; specificity; spline; standard deviation; standard error;
standardised; standardised mean difference; standardisation; stratified; Student's t;
subdistribution; survival; t test; threshold risk; tipping point; two-by-two table; type I error;
type II error; variance inflation; Wald; Welch's t; Wilcoxon; Wilson; Yates's correction; Youden;
z score
"""
KNOWN = [" ".join(word.split()) for word in STATISTICAL.split(";")]
# terms without a formula: they are words for things, not for numbers
WORDS_ONLY = {
    "Added value", "Adjusted", "Association", "Audit", "Bootstrap", "Candidate predictor",
    "Censoring", "Certificate", "Compatible cohort", "Competing event", "Confounder", "Convention",
    "Cut-off", "Decision curve", "Derived variable", "Event", "False alarm", "Fragility",
    "Horizon", "Median", "Mediator", "Natural frequency", "Optimism", "Overfitting", "Parameter",
    "Percentile", "Predictor", "Prognosis", "Reporting checklist", "Risk of bias", "Shrinkage",
    "Skewed", "t test", "Tipping point", "Two-by-two table",
}  # fmt: skip


# exercises come after their chapter, which links the terms
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name == "book"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_each_first_use_is_a_link(chapter: Path) -> None:
    missing = [
        f"{use.file.name}:{use.number}: {use.words!r}"
        for use in terms.first_uses(chapter).values()
        if not use.linked
    ]
    assert missing == []


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_link_leads_to_an_entry(chapter: Path) -> None:
    known = {term.lower() for term in terms.entries()}
    targets = {
        target.lower()
        for line in prose.lines(chapter)
        for _, _, target in prose.terms_linked(line.text)
    }
    assert targets <= known


def test_no_statistical_word_of_the_text_is_missing_in_the_glossary() -> None:
    text = "\n".join(s.text for c in NOTEBOOKS for s in prose.sentences(c))
    forms = terms.forms()
    missing = [
        word for word in KNOWN
        if re.search(rf"(?<![\w–-]){re.escape(word)}s?(?![\w–-])", text, re.IGNORECASE)
        and not any(f in forms for f in (word.lower(), terms.plural(word).lower()))
    ]  # fmt: skip
    assert missing == []


def test_entries_are_in_order_and_begin_with_plain_words() -> None:
    by_file: dict[Path, list[str]] = {}
    for entry in terms.entries().values():
        by_file.setdefault(entry.file, []).append(entry.term)
        first = entry.lines[0]
        assert "$" not in first, f"{entry.term}: a sentence first, then the formula"
        assert re.search(r"[.:]$", first), f"{entry.term}: {first}"
        assert len(entry.lines) <= 3, entry.term
    for names in by_file.values():
        assert names == sorted(names, key=lambda name: name.lower().replace("-", " "))


def test_numbers_have_formulas() -> None:
    without = {e.term for e in terms.entries().values() if not any("$" in line for line in e.lines)}
    assert without == WORDS_ONLY


def test_a_use_that_is_not_linked_is_found(tmp_path: Path) -> None:
    chapter = tmp_path / "chapter.md"
    chapter.write_text(
        "# The odds ratio\n\n```{code-cell} ipython3\nodds = 1\n```\n\n"
        "Not `odds`, not [odds](x.md), not $odds$ but Odds ratios, {term}`odds`, an odds ratio,\n"
        "a non-event, and {term}`chances <Odds>` at P values.\n",
        "utf-8",
    )
    uses = terms.first_uses(chapter)
    assert {(u.term, u.words, u.linked, u.number) for u in uses.values()} == {
        ("Odds ratio", "Odds ratios", False, 7),
        ("Odds", "{term}`odds`", True, 7),
        ("P value", "P values", False, 8),
    }
