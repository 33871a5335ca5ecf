"""The explorer of searched cut-offs: its studies against the library and scipy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bs4 import BeautifulSoup
from scipy import stats

from analysis.cohort import MARK
from analysis.estimate import cutoff
from analysis.paper import load_paper
from analysis.show.book import paper_file
from analysis.show.cutoff import HALF, YOUDEN, Searched
from analysis.show.explore_searched import (
    BELOW,
    SEED,
    STUDIES,
    draw,
    edges,
    explore_searched,
    p_words,
    uniforms,
)

N1, N0 = 112, 160


def mulberry32(seed: int, count: int) -> list[float]:
    """The published generator, one number after the other, in whole numbers of any size."""
    word, state, found = 0xFFFFFFFF, seed, []
    for _ in range(count):
        state = (state + 0x6D2B79F5) & word
        t = ((state ^ (state >> 15)) * (state | 1)) & word
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & word)) & word
        found.append((t ^ (t >> 14)) / 2**32)
    return found


@pytest.fixture(scope="module")
def drawn():
    return draw(SEED, STUDIES, N1, N0)


@pytest.fixture(scope="module")
def cut():
    return Searched(load_paper(paper_file()), "table2.sii")


@pytest.fixture(scope="module")
def shown(cut):
    return explore_searched(cut, "test-searched")


@pytest.fixture(scope="module")
def soup(shown):
    return BeautifulSoup(shown.html, "html.parser")


@pytest.mark.parametrize("seed", [0, 1, SEED, 2**32 - 1])
def test_the_generator_is_mulberry32(seed):
    assert uniforms(seed, 500).tolist() == mulberry32(seed, 500)


def test_each_study_has_its_patients_in_an_order_of_chance(drawn):
    assert (drawn.states.sum(axis=1) == N1).all()
    # the mean rank of the patients with the event: as for any order
    ranks = (drawn.states * np.arange(N1 + N0)).sum(axis=1) / N1
    error = ((N1 + N0 + 1) * N0 / (12 * N1)) ** 0.5
    assert ranks.mean() == pytest.approx((N1 + N0 - 1) / 2, abs=4 * error / STUDIES**0.5)
    assert ranks.std() == pytest.approx(error, rel=0.1)


def test_best_cuts_and_p_values_by_search_and_scipy(drawn):
    values = -np.arange(N1 + N0, dtype=float)
    for i in range(150):
        event = drawn.states[i]
        best = cutoff.search(values[event], values[~event], cutoff.Rule("youden"))
        tp, fp = round(best.sensitivity[0] * N1), round((1 - best.specificity[0]) * N0)
        assert (drawn.true_positive[i], drawn.false_positive[i]) == (tp, fp)
        table = [[tp, fp], [N1 - tp, N0 - fp]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert drawn.p[i] == pytest.approx(expected, rel=1e-10)
        first, last = event[: (N1 + N0) // 2].sum(), event[(N1 + N0) // 2 :].sum()
        half = (N1 + N0) // 2
        expected = stats.chi2_contingency(
            [[first, last], [half - first, half - last]], correction=False
        ).pvalue
        assert drawn.p_half[i] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("n1", "n0"), [(3, 4), (1, 6), (20, 15)])
def test_small_and_odd_studies(n1, n0):
    found = draw(7, 200, n1, n0)
    called = found.true_positive + found.false_positive
    assert ((called >= 1) & (called < n1 + n0)).all()
    assert (found.p > 0).all()


def test_in_the_long_run_the_shares_are_the_exact_ones(cut):
    many = draw(SEED, 20_000, N1, N0)
    for p, name in ((many.p, YOUDEN), (many.p_half, HALF)):
        exact = cut.levels[name].value
        assert (p < 0.05).mean() == pytest.approx(
            exact, abs=4 * (exact * (1 - exact) / 20_000) ** 0.5
        )


def test_bars_end_at_the_level():
    ends = edges(0.05)
    assert ends[0] == 1
    assert ends[6] == 0.05
    assert np.allclose(np.diff(np.log(ends)), np.log(0.05) / 6)


def test_the_still_figure_shows_the_first_studies(drawn, soup, cut):
    rows = soup.select("details tbody tr")
    assert len(rows) == len(BELOW)
    for row, below in zip(rows, BELOW, strict=True):
        for cell, p in zip(row.select("td"), (drawn.p, drawn.p_half), strict=True):
            assert cell.text.startswith(f"{int((p < below).sum())} of 1\u202f000 (")
    words = soup.select_one("desc").text
    assert f"{100 * (drawn.p < 0.05).mean():.1f}%" in words
    assert f"exactly {100 * cut.levels[YOUDEN].value:.1f}% in the long run" in words


def test_what_is_simulated_says_so(shown, soup):
    assert MARK in soup.select_one("svg").text
    assert MARK[1:] in soup.select_one("desc").text
    assert MARK[1:] in repr(shown)
    assert MARK in soup.select_one("details [role=region]")["aria-label"]


def test_every_run_writes_the_same(cut, shown):
    again = explore_searched(cut, "test-searched")
    assert (again.html, again.text) == (shown.html, shown.text)


def test_numbers_for_the_script_are_rounded(soup):
    text = soup.select_one('script[type="application/json"]').string
    data = json.loads(text)
    assert (data["n1"], data["n0"], data["level"], data["seed"]) == (N1, N0, 0.05, SEED)
    assert all(len(str(edge)) <= 12 for edge in data["edges"])


def test_ids_are_unique_and_begin_with_the_key(soup):
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert all(id.startswith("test-searched-") for id in ids)


def test_p_values_as_words():
    assert p_words(0.0004) == "below 0.001"
    assert p_words(0.0499) == "0.050"
