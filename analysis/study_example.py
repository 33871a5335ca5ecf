"""A study to start from: a commented ``study.toml`` and a small file of simulated patients."""

from __future__ import annotations

import csv
import io

import numpy as np

from analysis.cohort import COLUMN

CONFIG, PATIENTS = "study.toml", "patients.csv"

STUDY = """\
# What the columns of a file of patients mean.
# Run:  python -m analysis cohort patients.csv --config study.toml --html report.html
# Lines that begin with # are remarks.  Lower-case letters, digits and _ make an id.

[study]
title = "Example: a marker and relapse within the follow-up"
confidence = 0.95   # of every interval
seed = 1            # the same seed, the same resamples
resamples = 1000    # of the search of a cut; bounded where there are very many patients

[file]
id = "patient"      # the column that names each patient once; finds patients who stand twice
decimal = "."       # or ","
# separator = ";"   # found in the first line if it is not said
# sheet = "Sheet1"  # of an XLSX file
# missing = ["", "NA", "999"]       # what stands where there is no value
# only = { centre = "A" }           # read only rows with this value

[outcome]
column = "relapse"
event = "yes"       # the value that means the event
no_event = "no"     # the other value; may be left out if the file holds two values only
label = "Relapse"
with = "Relapse"
without = "No relapse"

# Leave this part out if there are no times.
[time]
column = "months"   # to the event, or to the last visit
unit = "months"
# event = "status"  # if another column says whether the event ended the time
# event_value = 1

[marker]
id = "ratio"
label = "C-reactive protein over albumin"
unit = "mg/g"
formula = "crp / albumin"   # ids of variables below; or  column = "..."  for a measured marker
direction = "higher"        # higher or lower values speak for the event: say it beforehand
# cut = 0.2                 # a cut that was fixed beforehand
# per = 0.1                 # ratios for so many units; otherwise for one standard deviation

[[variables]]
id = "age"
label = "Age"
kind = "continuous"
unit = "years"
lower = 18                  # what is outside is refused, with row and column
upper = 110
cuts = [50, 65]             # classes for the table of patients; models keep the number
per = 10                    # the ratio is one of ten years

[[variables]]
id = "sex"
label = "Sex"
kind = "categorical"
levels = [{ value = "f", label = "Female" }, { value = "m", label = "Male" }]
reference = "f"             # the first level if it is not said

[[variables]]
id = "stage"
label = "Stage"
kind = "ordinal"            # levels in order; models count one more per level
levels = ["I", "II", "III"]

[[variables]]
id = "crp"
label = "C-reactive protein"
kind = "continuous"
unit = "mg/L"
lower = 0
summary = "median_iqr"      # or mean_sd

[[variables]]
id = "albumin"
label = "Albumin"
kind = "continuous"
unit = "g/L"
lower = 5
upper = 70

[groups]                    # a second table of patients, by another column
column = "centre"
label = "Centre"
levels = ["A", "B"]

# Where a paper names its variables or levels otherwise (--against paper.yaml):
# [against.variables]
# c_reactive_protein = "crp"        # id in the paper = id here
# [against.levels]
# "sex.male" = "m"                  # variable.level in the paper = value here
"""


def patients_csv(seed: int = 1, n: int = 240) -> str:
    """Simulated patients as CSV, marked in every row; the same seed gives the same text."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(61, 11, n), 20, 95).round()
    sex = rng.choice(["f", "m"], n, p=[0.4, 0.6])
    stage = rng.choice(["I", "II", "III"], n, p=[0.5, 0.35, 0.15])
    crp = np.exp(rng.normal(1.9, 0.8, n)).round(1) + 0.1
    albumin = np.clip(rng.normal(40, 5, n), 18, 55).round(1)
    level = (stage == "II") * 0.5 + (stage == "III") * 1.1
    speed = np.exp(-4.3 + 0.55 * np.log(crp / albumin / 0.17) + level + 0.01 * (age - 61))
    event, last = rng.exponential(1 / speed), rng.uniform(12, 72, n)
    months = np.maximum(np.minimum(event, last), 0.1).round(1)
    relapse = np.where(event <= last, "yes", "no")
    centre = rng.choice(["A", "B"], n)
    shown = {
        "age": [f"{x:.0f}" for x in age], "sex": sex, "stage": stage,
        "crp": [f"{x:.1f}" for x in crp], "albumin": [f"{x:.1f}" for x in albumin],
    }  # fmt: skip
    for name, share in (("albumin", 0.03), ("stage", 0.02)):
        shown[name] = np.where(rng.random(n) < share, "", shown[name])
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["patient", "centre", *shown, "months", "relapse", COLUMN])
    for i in range(n):
        cells = [str(column[i]) for column in shown.values()]
        writer.writerow([f"S{i + 1:03}", centre[i], *cells, f"{months[i]:.1f}", relapse[i], "true"])
    return file.getvalue()
