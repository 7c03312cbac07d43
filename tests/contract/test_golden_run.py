"""A run whose numbers are known: they change only on purpose, together with a *Changes results* line in CHANGELOG.

To renew the numbers after such a change: ``uv run python tests/contract/test_golden_run.py``
"""

import tomllib
from pathlib import Path

import pytest
import tomli_w

import civicsim as cs

GOLDEN = Path(__file__).with_name("golden_run.toml")
STYLES = ("status-quo", "civic-culture")
SHOCKS = [{"week": 10, "name": "surge"}, {"week": 30, "name": "scandal"}]


def golden_numbers() -> dict[str, dict[str, float]]:
    """Run two styles with two shocks on small organisations, and sum up every measure."""
    numbers = {}
    for style in STYLES:
        scenario = cs.Scenario.from_dict({"style": style, "interventions": SHOCKS})
        scenario = scenario.with_(n_teams=9, weeks=78, burn_in_weeks=52)
        numbers[style] = cs.run(scenario, seeds=3).summary(last_weeks=78).mean().to_dict()
    return numbers


@pytest.mark.parametrize("style", STYLES)
def test_the_golden_run_gives_the_numbers_it_gave(style):
    known = tomllib.loads(GOLDEN.read_text())
    found = golden_numbers()[style]
    assert set(found) == set(known[style]), "new measures: uv run python tests/contract/test_golden_run.py"
    changed = {
        name: (known[style][name], value)
        for name, value in found.items()
        if value != pytest.approx(known[style][name], rel=1e-6, abs=1e-9, nan_ok=True)
    }
    assert changed == {}, "if meant to change: uv run python tests/contract/test_golden_run.py"


if __name__ == "__main__":
    GOLDEN.write_text(tomli_w.dumps(golden_numbers()))
