import re
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from analysis.findings import Verdict
from analysis.printed import parse_date, parse_number
from analysis.show import figures, palette
from tests.analysis.ledgers import ROOT, ledger
from tests.analysis.show.pages import ids, read

GRID = np.linspace(0, 1, 21)
BAND = figures.Band(
    GRID, GRID * 0.5, 0.4 + GRID * 0.6, GRID * 0.6, 0.3 + GRID * 0.7, GRID**0.4
)  # fmt: skip
POINTS = [
    {"label": "Index", "sensitivity": "0.768", "specificity": "0.675", "auc": "0.795"},
    {"label": "Platelets", "sensitivity": "0.643", "specificity": "0.550"},
]

MAKERS = {
    "interval": lambda: figures.interval_plot(
        figures.interval_rows(ledger(), low="t_low", high="t_high", printed="t"),
        key="interval", quantity="t",
    ),
    "roc": lambda: figures.roc_plot(
        POINTS, key="roc", bands={"Index": BAND, "Platelets": BAND}
    ),
    "points": lambda: figures.roc_plot(POINTS, key="points"),
    "forest": lambda: figures.forest_plot(
        [
            {
                "label": "Lesions",
                "printed": ("2.292", "1.060", "4.953"),
                "recomputed": (2.2912, 1.0606, 4.9497),
            },
            {"label": "Index", "printed": ("3.164", "1.878", "5.329")},
        ],
        key="forest",
    ),
    "flow": lambda: figures.flow_plot(
        [
            {"id": "all", "label": "Admitted <all>", "count": None},
            {"id": "out", "label": "Excluded", "count": None, "after": "all", "aside": True},
            {"id": "in", "label": "Included", "count": "272", "after": "all"},
            {"id": "a", "label": "Recurrence", "count": 112, "after": "in"},
            {"id": "b", "label": "No recurrence", "count": parse_number("160"), "after": "in"},
        ],
        key="flow",
    ),
    "p": lambda: figures.p_multiplicity_plot(
        figures.p_rows(["A", "B", "C"], [0.04, 3e-9, 0.011], printed=["0.040", "<0.001", "0.011"]),
        key="p",
    ),
    "time": lambda: figures.timeline_plot(
        [
            {"label": "Last admission", "when": parse_date("December 2017")},
            {
                "label": "Five years on",
                "first": date(2022, 12, 1),
                "last": date(2022, 12, 31),
                "computed": True,
            },
        ],
        key="time",
    ),
    "constant": lambda: figures.constant_plot(
        [
            {"coding": "0/1", "link": "logit", "low": 0.0131, "high": 0.0162, "contains": False},
            {"coding": "1/2", "link": "log", "low": 0.31, "high": 0.622},
        ],
        observed=112 / 272, key="constant",
    ),
    "counts": lambda: figures.counts_plot(ledger(), key="counts"),
    "crossing": lambda: figures.crossing_plot(
        [
            {"label": "against one", "points": [(-1, -0.04), (0, 0.01), (1, 0.07)],
             "crossing": -0.2, "strokes": [0.5, 0.7], "shown": "0.50 to 0.70"},
            {"label": "against two", "points": [(-1, 0.04), (1, 0.15)], "crossing": None,
             "strokes": [0.2], "shown": "0.20"},
            {"label": "against three", "points": [(-1, -0.09), (1, -0.01)], "crossing": None,
             "strokes": [], "shown": "none"},
        ],
        key="crossing", ticks=[-1.0, 0.0, 1.0], across="correlation", up="limit",
        crossed="sure from here on", title="Limits", note="made up",
    ),
    "line": lambda: figures.line_plot(
        [{"label": "most", "points": [(0, 0.4), (100, 0.57)]},
         {"label": "least", "points": [(0, 0.4), (100, 0.3)]}],
        key="line", across="left out", up="share", title="Shares",
    ),
    "survival": lambda: figures.survival_plot(
        [{"label": "Early", "groups": [
            {"label": "above", "times": [1.0, 2.5, 6.0], "survival": [0.75, 0.5, 0.25]},
            {"label": "below", "times": [4.0], "survival": [0.9]},
        ]}],
        key="survival", horizon=5.0, across="years", up="share", title="Curves", note="made up",
    ),
}  # fmt: skip

# What an alt text and the table behind a plot must hold: the numbers of the data.
NUMBERS = {
    "interval": [
        "1.064",
        "1.0500",
        "1.0714",
        "9.945",
        "9.1000",
        "outside",
        "1 inside and 1 outside",
    ],
    "roc": ["0.768", "0.675", "0.325", "0.795", "0.643", "0.450", "between 0.050 and 0.460"],
    "points": ["0.768", "0.325", "0.795", "0.643", "0.450"],
    "forest": ["2.292", "1.060", "4.953", "2.291", "4.950", "3.164", "5.329"],
    "flow": ["272", "112", "160", "not printed"],
    "p": ["<0.001", "0.0167", "0.0250", "0.0500", "0.011", "0.0333"],
    "time": ["December 2017", "2017-12-01", "2022-12-31", "computed"],
    "constant": ["0.412", "0.013", "0.017", "0.310", "0.622", "misses", "contains"],
    "crossing": ["−0.040", "0.070", "from −0.20 on", "everywhere", "nowhere", "0.50 to 0.70"],
    "line": ["from 0.400 at 0 to 0.570 at 100", "to 0.300 at 100"],
    "survival": [
        "above 1.00 at the start, 0.75 at 1, 0.75 at 2, 0.50 at 3",
        "0.90 at 5",
        "0.50 at 5",
    ],
    "counts": [str(n) for n in ledger().counts().values()] + [str(v) for v in Verdict],
}


@pytest.fixture(scope="module", params=MAKERS)
def made(request):
    return request.param, MAKERS[request.param]()


def test_the_alt_text_holds_the_numbers_of_the_data(made):
    name, figure = made
    assert [n for n in NUMBERS[name] if n not in figure.alt] == []


def test_every_drawing_is_named_by_its_title_and_words(made):
    _, figure = made
    page = read(figure._repr_html_())
    plots = page.all("svg", role="img")
    assert plots
    told = ""
    for plot in plots:
        title, words = plot.attributes["aria-labelledby"].split()
        assert plot.all("title")[0].attributes["id"] == title
        assert plot.all("desc")[0].attributes["id"] == words
        assert plot.all("title")[0].text
        told += plot.all("desc")[0].text + " "
    assert told.strip() == figure.alt


def test_ids_begin_with_the_key_and_stand_once(made):
    name, figure = made
    page = read(figure._repr_html_())
    assert len(ids(page)) == len(set(ids(page)))
    assert all(id.startswith(name) for id in ids(page))
    for used in re.findall(r'(?:url\(#|href="#)([^")]+)', figure.svg):
        assert used in ids(page)


def test_colours_follow_the_page(made):
    _, figure = made
    assert "var(--reread-ink, #1f2328)" in figure.svg
    outside = re.sub(r"var\(--reread-[a-z-]+, #[0-9a-f]{6}\)", "", figure.svg)
    outside = re.sub(r'(?:url\(#|href="#)[^")]+', "", outside)
    assert re.findall(r"#[0-9a-f]{6}\b", outside) == []
    names = set(re.findall(r"var\(--reread-([a-z-]+),", figure.svg))
    assert names <= {c.name for c in palette.COLOURS} | {"letters"}


def test_letters_keep_their_size_on_a_narrow_screen(made):
    _, figure = made
    sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px", figure.svg)]
    sizes += [float(s) for s in re.findall(r"font: (?:\w+ )*([\d.]+)px", figure.svg)]
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', figure.svg)[1])
    assert sizes
    assert min(sizes) * 350 / width >= 10


def test_a_drawing_brings_no_rules_for_the_whole_page(made):
    _, figure = made
    for word in ("<style", "<script", "<?xml", "<!DOCTYPE", "<metadata", "xlink", "http://"):
        assert word not in figure.svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_nothing_is_drawn_outside_the_frame(made):
    _, figure = made
    for svg in figure.svg.split("<svg")[1:]:
        width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
        for x, y in re.findall(r'<(?:text|use)[^>]* x="([-\d.]+)" y="([-\d.]+)"', svg):
            assert -1 <= float(x) <= width + 1
            assert -1 <= float(y) <= height + 1


def test_the_table_behind_the_plot_has_headings(made):
    _, figure = made
    page = read(figure._repr_html_())
    assert len(page.all("details")) == 1
    assert all(th.text.strip() for th in page.all("th"))
    assert len(page.all("tbody")[0].all("tr")) == len(figure.data)


def test_drawings_are_the_same_in_every_process():
    code = (
        "from tests.analysis.show.test_figures import MAKERS;"
        "import hashlib;"
        "html = ''.join(m()._repr_html_() for m in MAKERS.values());"
        "print(hashlib.sha256(html.encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
    assert len(runs.pop().strip()) == 64


def test_a_printed_value_outside_is_marked_and_said():
    row = {"label": "x", "printed": "2.00", "low": 1.0, "high": 1.5}
    figure = figures.interval_plot([row], key="x")
    assert "outside" in figure.alt
    assert "2.00 not in 1.000 to 1.500" in figure.svg


@pytest.mark.parametrize("printed", ["1.50", "1.51"])
def test_a_value_whose_rounding_reaches_the_interval_is_inside(printed):
    row = {"label": "x", "printed": printed, "low": 1.0, "high": 1.505}
    assert "1 inside and 0 outside" in figures.interval_plot([row], key="x").alt


def test_intervals_are_rounded_outward():
    assert figures.range_text(1.23456, 1.23456, 3) == "1.234 to 1.235"
    assert figures.range_text(-1.2344, float("inf"), 2) == "−1.24 to ∞"


def test_thresholds_are_those_of_holm_and_of_benjamini_and_hochberg():
    rows = figures.p_rows(["a", "b", "c", "d"], [0.04, 0.01, 0.03, 0.02], alpha=0.06)
    assert [r["label"] for r in rows] == ["b", "d", "c", "a"]
    assert [r["holm"] for r in rows] == pytest.approx([0.015, 0.02, 0.03, 0.06])
    assert [r["bh"] for r in rows] == pytest.approx([0.015, 0.03, 0.045, 0.06])


@pytest.mark.parametrize("key", ["", "1a", "A", "a b", 'a"'])
def test_a_key_that_cannot_begin_an_id_is_refused(key):
    with pytest.raises(ValueError, match="figure key"):
        figures.counts_plot(ledger(), key=key)


def test_a_flow_that_leads_nowhere_is_refused():
    with pytest.raises(ValueError, match="no box"):
        figures.flow_plot([{"id": "a", "label": "x", "count": 1, "after": "b"}], key="x")


def test_ratios_that_no_log_scale_can_show_are_refused():
    with pytest.raises(ValueError, match="greater than zero"):
        figures.forest_plot([{"label": "x", "printed": ("0", "0", "1")}], key="x")


def test_the_words_of_the_narrow_band_are_read_at_three_places():
    alt = figures.roc_plot([POINTS[0]], key="roc", bands={"Index": BAND}).alt
    ends = [
        f"between {0.6 * x:.3f} and {0.3 + 0.7 * x:.3f} at {x:g}"
        for x in (0.1, 0.5, 0.9)
    ]  # fmt: skip
    assert all(words in alt for words in ends)


def test_claims_start_with_a_capital_unless_with_a_symbol():
    from analysis.show.tables import _sentence

    assert _sentence("the cut of the index") == "The cut of the index"
    assert _sentence("exp(B) is the ratio") == "exp(B) is the ratio"
    assert _sentence("t of age") == "t of age"
