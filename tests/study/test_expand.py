"""A study that grows copies what is there, and one run of a store can be had again, to the last digit."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from studies import SIZES, small_study

from civicsim.errors import CivicsimError
from civicsim.study.run.expand import expand_study
from civicsim.study.run.replay import replay
from civicsim.study.run.runner import run_study
from civicsim.study.run.worker import run_chunk
from civicsim.study.store.store import open_store

DRAWS = "voice.intercept\n-1.8\n-1.0\n"
SURGE = {"none": [], "surge": [{"name": "surge", "week": 1}]}
KEPT = {"weekly": ["trust"], "events": True, "people": {"columns": ["safety"], "weeks": [0, 2]}}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grown")
    (folder / "one.csv").write_text("\n".join(DRAWS.split("\n")[:2]) + "\n")
    (folder / "both.csv").write_text(DRAWS)
    return folder


def study(here, draws="one.csv", **changes):
    return small_study(uncertainties={"file": draws}, folder=here, seeds=2, **KEPT, **changes)


@pytest.fixture(scope="module")
def store(here):
    return run_study(study(here), here / "small", processes=0)


def files(folder):
    """Return the bytes of every file of a store but its log."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "log.jsonl"}


def stop(task):
    raise KeyboardInterrupt


def test_a_study_with_more_of_everything_is_the_same_as_a_fresh_one(store, here):
    larger = study(
        here,
        "both.csv",
        styles=["compact", "status-quo", "civic-culture"],
        factors=SIZES | {"fear": [0.9, 0.0, 0.5]},
        shocks=SURGE,
        measures=["load", "trust"],
    )
    fresh = run_study(larger, here / "fresh", processes=0)
    simulated, notes = [], []

    def work(task):
        simulated.extend(task.runs)
        return run_chunk(task)

    grown = expand_study(larger, store, here / "grown", processes=0, work=work, note=notes.append)
    assert files(grown.path) == files(fresh.path)
    assert len(simulated) == larger.n_runs - store.n_runs
    assert f"copied {store.n_runs} of {larger.n_runs} runs from {store.path}" in notes
    old = store.to_pandas().set_index(["style", "fear", "draw", "seed"])[["load", "trust"]].sort_index()
    new = grown.to_pandas().query("shock == 'none'").set_index(["style", "fear", "draw", "seed"])[["load", "trust"]]
    assert old.equals(new.loc[old.index])
    events = pq.read_table(grown.path / "events.parquet")
    assert events.num_rows > pq.read_table(store.path / "events.parquet").num_rows


def test_an_interrupted_expansion_copies_nothing_twice(store, here):
    larger = study(here, styles=["status-quo", "civic-culture", "compact"])

    with pytest.raises(KeyboardInterrupt):
        expand_study(larger, store, here / "stopped", processes=0, work=stop)
    assert open_store(here / "stopped").n_done == store.n_runs
    notes = []
    whole = expand_study(larger, store, here / "stopped", processes=0, note=notes.append)
    assert f"copied 0 of {larger.n_runs} runs from {store.path}" in notes
    assert files(whole.path) == files(run_study(larger, here / "at-once", processes=0).path)


def test_what_is_not_stored_needs_every_run_again(store, here):
    reasons = {
        "it does not have voice_share": {"measures": ["trust", "voice_share"]},
        "it does not have trust__all": {"measures": {"trust": ["last 52", "all"]}},
        "it keeps other people": {"people": {"columns": ["safety"], "weeks": [1]}},
        "its week is another": {"order": "shuffled:1"},
    }
    for number, (reason, changes) in enumerate(reasons.items()):
        notes, larger = (
            [],
            small_study(**({"seeds": 1, "uncertainties": {"file": "one.csv"}, "folder": here} | KEPT | changes)),
        )
        with pytest.raises(KeyboardInterrupt):
            expand_study(larger, store, here / f"again-{number}", processes=0, note=notes.append, work=stop)
        assert f"copied 0 of {larger.n_runs} runs from {store.path}: {reason}" in notes


def test_results_of_other_software_are_never_copied(store, here, monkeypatch):
    monkeypatch.setitem(store.manifest, "software", store.manifest["software"] | {"numpy": "1.0"})
    with pytest.raises(CivicsimError, match=r"come from other software \(numpy 1.0 there"):
        expand_study(study(here, "both.csv"), store, here / "foreign", processes=0)
    with pytest.raises(CivicsimError, match="holds the study that is to be expanded"):
        expand_study(study(here, "both.csv"), store, store.path, processes=0)


def test_a_run_can_be_had_again_with_everything_that_it_has(store):
    for point, seed in ((0, 1), (3, 2)):
        found = replay(store, point, seed)
        row = store.runs().query("point == @point and seed == @seed").iloc[0]
        assert found.stored == {name: row[name] for name in ("trust", "quality_true", "load")}
        assert found.values == found.stored
        assert found.different == []
        weeks = store.weekly().query("point == @point and seed == @seed")["trust"].to_numpy()
        np.testing.assert_array_equal(found.result.to_frame(["trust"])["trust"].to_numpy(), weeks)
        assert len(found.result.events())
    assert replay(store.study, 0, 1).stored == {}
    assert replay(store, 0, 77).stored == {}


def test_the_commands_grow_a_study_and_repeat_a_run(tmp_path, monkeypatch, capsys):
    from civicsim.cli import main

    monkeypatch.chdir(tmp_path)
    run_study(small_study(seeds=1), "results", processes=0)
    words = ["--add", "styles=compact", "--add", "fear=0.9,0.5", "--out", "larger", "--processes", "0"]
    assert main(["study", "expand", "results", *words]) == 0
    assert "civicsim: copied 4 of 9 runs from results" in capsys.readouterr().err
    fresh = small_study(
        seeds=1, styles=["status-quo", "civic-culture", "compact"], factors=SIZES | {"fear": [0.0, 0.5, 0.9]}
    )
    assert files(Path("larger")) == files(run_study(fresh, "fresh", processes=0).path)
    Path("more.toml").write_text(fresh.to_toml().replace("seeds = 1", "seeds = 2"))
    assert main(["study", "expand", "larger", "more.toml", "--out", "more", "--processes", "0"]) == 0
    assert "copied 9 of 18 runs from larger" in capsys.readouterr().err
    assert main(["study", "replay", "more", "3:2"]) == 0
    assert "Every number is the stored one to the last digit." in capsys.readouterr().out
    monkeypatch.setattr("civicsim.study.run.replay.simulate_alone", lambda *about: (replayed.result, {"trust": 0.0}))
    replayed = replay_of("more")
    assert main(["study", "replay", "more", "3:2", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["different"] == ["trust"]


def replay_of(folder):
    from civicsim.study.run.replay import Replay
    from civicsim.study.run.worker import simulate_alone

    return Replay(simulate_alone(open_store(folder).study.protocol, 3, 2)[0], {}, {})
