"""Explorers carry their numbers as JSON that cannot break out of its element."""

import json

import pytest
from bs4 import BeautifulSoup

from analysis.show.explorer import explorer
from analysis.show.html import Html

STILL = Html("<p>still</p>", "still")


def test_the_numbers_come_back_whatever_they_hold():
    data = {"a": [1, 2.5, None], "words": "</script><!-- <b>µ</b> \u2028"}
    made = explorer("cut_off", data, STILL)
    soup = BeautifulSoup(made.html, "html.parser")
    root = soup.select_one('.reread-explorer[data-explorer="cut_off"]')
    assert json.loads(root.select_one('script[type="application/json"]').string) == data
    assert root.select_one(".reread-explorer-stage p").text == "still"
    assert len(soup.find_all("script")) == 1
    assert repr(made) == "still"


@pytest.mark.parametrize("name", ["", "Cut", "a-b", 'a"', "1a"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="no name"):
        explorer(name, {}, STILL)


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        explorer("a", {"x": float("nan")}, STILL)
