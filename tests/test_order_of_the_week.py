"""The order of processes within a week can be changed, and how far that moves results can be told from chance."""

import json

import numpy as np
import pandas as pd
import pytest
from tools import small_scenario

from civicsim.errors import ScenarioError
from civicsim.experiment.compare import compare
from civicsim.experiment.order import exceeds, order_study, sd_between_orders
from civicsim.experiment.run import run
from civicsim.experiment.statistics import Estimate
from civicsim.mesa_face.model import CivicModel
from civicsim.model.week import PROCESSES, WEEK, order_text, ordered

NAMES = list(PROCESSES)


def names(processes):
    return [process.name for process in processes]


# -- naming an order -------------------------------------------------------------------------------------------------


def test_nothing_and_published_stand_for_the_week_as_it_is():
    assert ordered() == ordered("published") == WEEK


@pytest.mark.parametrize("seed", [0, 1, 3, 2**40])
def test_a_shuffled_order_has_every_process_once_between_fixed_ends(seed):
    found = names(ordered(f"shuffled:{seed}"))
    assert sorted(found) == sorted(NAMES)
    assert (found[0], found[-1]) == ("events", "record")
    assert found != NAMES
    assert found == names(ordered(f"shuffled:{seed}"))


def test_different_numbers_stand_for_different_orders():
    assert len({tuple(names(ordered(f"shuffled:{seed}"))) for seed in range(30)}) == 30


def test_an_order_by_name_is_taken_as_it_is_reported():
    backwards = NAMES[::-1]
    assert names(ordered(",".join(backwards))) == names(ordered(backwards)) == backwards
    assert order_text(ordered(backwards)) == ",".join(backwards)
    assert order_text(WEEK) == "published"


def test_events_and_record_may_be_left_out_and_then_keep_their_places():
    inner = [name for name in NAMES[::-1] if name not in ("events", "survey", "record")]
    found = names(ordered(inner))
    assert (found[0], found[-1]) == ("events", "record")
    assert [name for name in found if name in inner] == inner


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("events,lod", "no process 'lod'; did you mean 'load'?"),
        ("publishd", "did you mean 'published'?"),
        (",".join([*NAMES, "load"]), "load: named more than once"),
        (",".join(name for name in NAMES if name not in ("load", "voice")), "without load, voice"),
        ("shuffled", "expected shuffled:SEED"),
        ("shuffled:-1", "expected shuffled:SEED"),
        ("", "no process ''"),
    ],
)
def test_an_order_that_is_none_is_named(order, message):
    with pytest.raises(ScenarioError, match=r"^--order") as error:
        ordered(order, "--order")
    assert message in str(error.value)


# -- running in it ---------------------------------------------------------------------------------------------------

PLACE = small_scenario(n_teams=2, team_size=5, weeks=8, burn_in_weeks=8)


def test_a_result_states_in_which_order_it_was_simulated_and_can_be_repeated_from_that():
    shuffled = run(PLACE, 2, processes=ordered("shuffled:3"))
    again = run(PLACE, 2, processes=ordered(shuffled.provenance()["order"]))
    assert run(PLACE, 2).provenance()["order"] == "published"
    assert shuffled.cohort.state_bytes() == again.cohort.state_bytes()
    assert shuffled.cohort.state_bytes() != run(PLACE, 2).cohort.state_bytes()


def test_a_comparison_and_mesas_face_run_in_the_order_that_is_reported():
    week = ordered("shuffled:3")
    found = compare(PLACE, PLACE.with_(style="compact"), seeds=1, processes=week)
    alone = run(PLACE, 1, processes=week)
    assert found.results["status-quo"].cohort.state_bytes() == alone.cohort.state_bytes()
    model = CivicModel(PLACE, processes=week)
    for _ in range(PLACE.weeks):
        model.step()
    assert model.cohort.state_bytes() == alone.cohort.state_bytes()


# -- telling order from chance -----------------------------------------------------------------------------------------


def test_the_spread_between_orders_is_found_and_chance_is_taken_off():
    rng = np.random.default_rng(4)
    runs, chance = rng.normal(0, 1.0, (1, 400)), rng.normal(0, 0.5, (60, 400))
    of_order = rng.normal(0, 0.3, (60, 1))
    assert sd_between_orders(runs + of_order + chance) == pytest.approx(of_order.std(ddof=1), rel=0.1)
    assert sd_between_orders(runs + chance) < 0.02
    assert sd_between_orders(runs + 0 * chance) == 0.0
    assert np.isnan(sd_between_orders(np.ones((1, 5))))


def test_a_verdict_needs_the_whole_interval():
    beyond, within, over = Estimate(0.5, 0.3, 0.7, 9), Estimate(0.0, -0.1, 0.1, 9), Estimate(0.2, 0.1, 0.3, 9)
    assert exceeds([within, beyond], 0.2) == exceeds([Estimate(-0.5, -0.7, -0.3, 9)], 0.2) == "yes"
    assert exceeds([within, within], 0.2) == "no"
    assert exceeds([within, over], 0.2) == exceeds([Estimate(0.5, np.nan, np.nan, 1)], 0.2) == "cannot tell"


@pytest.mark.parametrize("burn_in", ["same", "published"])
def test_a_study_holds_what_single_runs_give(burn_in):
    study = order_study(PLACE, 2, 3, burn_in=burn_in, measures=["load", "psychological_safety"])
    from civicsim.experiment.run import burn_in as simulated

    week = ordered("shuffled:2")
    start = simulated(PLACE, 3, processes=week if burn_in == "same" else WEEK)
    alone = run(PLACE, 3, processes=week, start=start).summary(["load"])
    mine = study.values[study.values["order"] == "shuffled:2"]
    np.testing.assert_array_equal(mine["load"], alone["load"])
    table = study.table().set_index("measure")
    usual = run(PLACE, 3).summary(["load"])["load"]
    assert table.loc["load", "mean"] == pytest.approx(usual.mean())
    assert table.loc["load", "seed_sd"] == pytest.approx(usual.std())
    by_order = study.values.pivot(index="order", columns="seed", values="load")
    shifts = (by_order.drop(index="published") - by_order.loc["published"]).mean(axis=1)
    assert table.loc["load", "largest"] == pytest.approx(shifts.loc[shifts.abs().idxmax()])
    assert table.loc["load", "largest_order"] == shifts.abs().idxmax()
    assert table.loc["load", "shift"] == pytest.approx(shifts.mean())
    assert list(study.orders) == ["published", "shuffled:1", "shuffled:2"]


def test_a_study_may_look_at_differences():
    other = PLACE.with_(style="command")
    study = order_study(other, 2, 2, against=PLACE, measures=["load"])
    values = [run(which, 2).summary(["load"])["load"].to_numpy() for which in (other, PLACE)]
    np.testing.assert_array_equal(study.values[study.values["order"] == "published"]["load"], values[0] - values[1])
    assert repr(study) == "OrderStudy('command': 3 orders × 2 seeds)"
    assert "Workload" in study._repr_html_()


def test_one_order_or_one_run_is_too_few():
    for orders, seeds in ((1, 5), (5, 1)):
        with pytest.raises(ScenarioError, match="at least two of each"):
            order_study(PLACE, orders, seeds)


# -- from the command line -------------------------------------------------------------------------------------------

SMALL = ["--weeks", "6", "--set", "n_teams=2", "--set", "team_size=4", "--set", "burn_in_weeks=6"]


@pytest.fixture
def civicsim(tmp_path, monkeypatch, capsys):
    from civicsim.cli import main

    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main(list(words))
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return call


def test_run_compare_and_export_take_an_order_and_say_it(civicsim, tmp_path):
    code, out, _ = civicsim("--json", "run", *SMALL, "--seeds", "1", "--order", "shuffled:3")
    assert code == 0
    assert json.loads(out)["order"] == order_text(ordered("shuffled:3"))
    code, out, _ = civicsim("compare", "compact", *SMALL, "--seeds", "1", "--order", "shuffled:3")
    assert code == 0
    assert "Order of the week: events, " in out
    code, out, _ = civicsim("export", *SMALL, "--order", "shuffled:3", "--out", "here")
    assert json.loads((tmp_path / "here" / "manifest.json").read_text())["order"] == order_text(ordered("shuffled:3"))
    code, out, _ = civicsim("--json", "run", *SMALL, "--seeds", "1")
    assert json.loads(out)["order"] == "published"


def test_a_wrong_order_is_one_line_about_it(civicsim):
    for command in (["run"], ["compare", "compact"], ["export"]):
        code, out, err = civicsim(*command, *SMALL, "--order", "events,lod")
        assert (code, out) == (2, "")
        assert err == "civicsim: --order: no process 'lod'; did you mean 'load'?\n"


def test_order_reports_each_measure_and_writes_tables(civicsim, tmp_path):
    code, out, err = civicsim("order", *SMALL, "--orders", "2", "--seeds", "2", "--out", "here")
    assert code == 0, err
    assert "2 shuffled orders of the week" in out
    for word in ("runs", "orders", "largest shift", "matters", "Problems voiced", "Workload"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 100
    table = pd.read_csv(tmp_path / "here" / "orders.csv")
    assert len(table) == 10
    assert set(table["exceeds"]) <= {"yes", "no", "cannot tell"}
    runs = pd.read_csv(tmp_path / "here" / "runs.csv")
    assert len(runs) == 3 * 2
    about = json.loads((tmp_path / "here" / "manifest.json").read_text())
    assert about["orders"]["shuffled:1"] == order_text(ordered("shuffled:1"))


def test_order_prints_json_and_looks_at_differences(civicsim):
    words = ("order", "compact", "--against", "status-quo", *SMALL, "--orders", "2", "--seeds", "2", "--json")
    code, out, err = civicsim(*words, "--burn-in", "published", "--measure", "load")
    assert (code, err) == (0, "")
    about = json.loads(out)
    assert about["burn_in"] == "published"
    assert list(about["scenarios"]) == ["compact", "against"]
    assert [row["measure"] for row in about["table"]] == ["load"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--orders", "1"], "--orders 1: expected a whole number from 2"),
        (["--burn-in", "sme"], "--burn-in sme: did you mean 'same'?"),
        (["--orders", "x"], "--orders x: expected a whole number from 2"),
        (["--against", "compct"], "did you mean 'compact'?"),
    ],
)
def test_what_order_cannot_do_is_one_line(civicsim, words, message):
    code, out, err = civicsim("order", *SMALL, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
