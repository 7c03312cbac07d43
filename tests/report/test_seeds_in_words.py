"""How many runs there were, and which, as captions and tables print it."""

import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import civicsim as cs
from civicsim.experiment.wording import counted
from civicsim.report.words import seeds_text

TINY = {"n_teams": 1, "team_size": 4, "n_executives": 1, "burn_in_weeks": 2, "weeks": 3}


def test_up_to_five_seeds_are_listed_and_more_are_counted():
    assert seeds_text([7]) == "seed 7"
    assert seeds_text([9, 2]) == "seeds 9, 2"
    assert seeds_text([1, 3, 5, 7, 9]) == "seeds 1, 3, 5, 7, 9"
    assert seeds_text([1, 3, 5, 7, 9, 12]) == "6 seeds from 1 to 12"
    assert seeds_text([5, 4, 3, 2, 1]) == seeds_text(range(1, 6)) == "seeds 1–5"


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12, unique=True))
def test_the_words_tell_how_many_seeds_there_are_and_their_ends(seeds):
    text = seeds_text(seeds)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if "–" in text:
        assert list(range(numbers[0], numbers[1] + 1)) == sorted(seeds)
    elif " from " in text:
        assert numbers == [len(seeds), min(seeds), max(seeds)]
    else:
        assert numbers == seeds


def test_one_is_singular_and_none_is_not():
    assert [counted(n, "run") for n in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]


def test_tables_and_pages_count_the_runs_that_there_were():
    for n in (1, 4, 5, 6):
        comparison = cs.compare(
            *(cs.Scenario.preset(style).with_(**TINY) for style in ("status-quo", "compact")), seeds=n
        )
        table = comparison.table(["trust"])
        assert set(table["n"]) == {n}
        assert f"{counted(n, 'matched run')} of" in comparison._repr_html_()
        assert seeds_text(range(1, n + 1)) in comparison._repr_html_()
        result = next(iter(comparison.results.values()))
        assert f"{counted(n, 'run')} of" in result._repr_html_()
        assert set(pd.DataFrame(result.civic_profile(3))["n"]) <= {0, *range(1, n + 1)}
