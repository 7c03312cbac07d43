"""A study that asks for events, people or networks keeps them as tables, the same as a run gives by itself."""

import hashlib

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from studies import SIZES, small_study

import civicsim as cs
from civicsim.cli import main
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study
from civicsim.study.store.store import StoreWarning, open_store

ASKED = {
    "events": True,
    "people": {"columns": ["safety", "vacant"], "every": 2},
    "network": {"weeks": [0, 6]},
    "weeks": 6,
    "factors": {"n_teams": 3, "team_size": 5, "n_executives": 1},
    "seeds": 3,
}
TABLES = ("events", "ideas", "people", "network")


@pytest.fixture(scope="module")
def study():
    return small_study(**ASKED)


@pytest.fixture(scope="module")
def store(study, tmp_path_factory):
    return run_study(study, tmp_path_factory.mktemp("traces") / "whole", processes=0)


def test_a_study_whose_runs_have_no_ideas_has_results(tmp_path):
    study = small_study(events=True, seeds=6, weeks=1, factors=SIZES, styles=["status-quo"])
    with_ideas = run_study(study, tmp_path / "six", processes=0).table("ideas")["seed"].to_pylist()
    quiet = min({1, 2, 3, 4, 5, 6} - {*with_ideas})
    found = run_study(study.with_(seeds=[quiet]), tmp_path / "one", processes=0)
    assert (found.n_failed, found.n_done, len(found.table("ideas"))) == (0, 1, 0)


def test_tables_are_those_of_the_runs_by_themselves(store, study):
    asked = {key: ASKED[key] for key in ("events", "people", "network")}
    alone = cs.run(study.scenario(1), [2], threads=1, **asked)
    for name in TABLES:
        found = store.table(name).to_pandas()
        assert found[["seed", "point"]].drop_duplicates().apply(tuple, axis=1).is_monotonic_increasing, name
        table = store.table(name)
        own = table.filter(pc.and_(pc.equal(table["point"], 1), pc.equal(table["seed"], 2))).drop_columns("point")
        expected = getattr(alone, name)()
        assert len(own) == len(expected) > 0, name
        assert set(own.column_names) == set(expected), name
        wrong = [c for c in own.column_names if not own[c].combine_chunks().equals(pa.array(expected[c], own[c].type))]
        assert wrong == [], name
    assert store.to_pandas("events")["style"].isin(["status-quo", "civic-culture"]).all()
    assert store.sql("select count(*) as n from ideas")["n"][0] == len(store.table("ideas"))


def test_parts_and_tables_give_the_same_and_so_do_shards(store, study, tmp_path):
    folder = tmp_path / "shards"
    run_study(study, folder, processes=0, shard=(2, 2))
    half = open_store(folder)
    for name in TABLES:
        whole = store.table(name).to_pandas()
        done = half.runs()[["point", "seed"]]
        pd.testing.assert_frame_equal(
            half.table(name).to_pandas(), whole.merge(done, how="inner").reset_index(drop=True)
        )
    run_study(study, folder, processes=0, shard=(1, 2))
    for name in (*TABLES, "runs"):
        one, other = ((path / f"{name}.parquet").read_bytes() for path in (folder, store.path))
        assert hashlib.sha256(one).digest() == hashlib.sha256(other).digest(), name


def test_results_that_have_lost_their_events_are_done_again(study, tmp_path):
    run_study(study, tmp_path, processes=0, shard=(1, 2))
    for path in (tmp_path / "parts").glob("events-*.parquet"):
        path.unlink()
    with pytest.warns(StoreWarning, match="has lost its events"):
        assert open_store(tmp_path).n_done == 0
    assert run_study(study, tmp_path, processes=0).complete


def test_what_is_kept_is_part_of_the_study_and_of_its_file(study, store, tmp_path):
    other = small_study(**(ASKED | {"events": False}))
    plain = small_study(**{key: value for key, value in ASKED.items() if key not in ("events", "people", "network")})
    assert len({study.protocol.digest, other.protocol.digest, plain.protocol.digest}) == 3
    assert plain.protocol.traces == {}
    (tmp_path / "study.toml").write_text(study.to_toml(), encoding="utf-8")
    assert Study.read(tmp_path / "study.toml").protocol.digest == study.protocol.digest
    assert open_store(store.path).study.protocol.traces == study.protocol.traces
    with pytest.raises(CivicsimError, match="keeps no ideas; the study has to ask for events"):
        run_study(plain, tmp_path / "plain", processes=0).table("ideas")


def test_a_request_that_cannot_be_met_names_study_and_key():
    wrong = {
        "study: people: no column 'safty'; did you mean 'safety'?": {"people": {"columns": ["safty"], "every": 2}},
        "study: network: weeks = [7]: expected a list of whole numbers from 0 to 6": {"network": {"weeks": [7]}},
        "study: events = 1: expected true or false": {"events": 1},
    }
    for says, changes in wrong.items():
        with pytest.raises(ScenarioError) as error:
            small_study(**(ASKED | changes))
        assert str(error.value) == says


def test_the_command_line_writes_events_of_studies_and_of_scenarios(store, tmp_path):
    assert main(["study", "export", str(store.path), "--table", "events", "--out", str(tmp_path / "e.csv")]) == 0
    assert len(pd.read_csv(tmp_path / "e.csv")) == len(store.table("events"))
    sizes = [word for key in ("n_teams=2", "team_size=5", "weeks=4", "burn_in_weeks=2") for word in ("--set", key)]
    assert main(["export", "--events", "--out", str(tmp_path / "out"), "--csv", *sizes]) == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"events.parquet", "ideas.parquet", "events.csv", "ideas.csv"} <= written
