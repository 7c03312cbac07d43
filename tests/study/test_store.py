"""What a study keeps: the same bytes however it came about, checked when it is read, and open to other programs."""

import itertools
import json
import shutil
import sys

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from studies import TABLES, small_study, table_hashes

from civicsim.errors import CivicsimError
from civicsim.experiment.run import run
from civicsim.study.run import worker
from civicsim.study.run.effort import chunks_of
from civicsim.study.run.runner import run_study
from civicsim.study.store.files import Stamp, packed, software, unpacked, write_part
from civicsim.study.store.folder import StudyFolder, load_study
from civicsim.study.store.holdings import codes
from civicsim.study.store.lock import running
from civicsim.study.store.origin import git_commit
from civicsim.study.store.store import StoreWarning, open_store
from civicsim.study.store.tables import Failure

WEEKLY = (*TABLES, "weekly.parquet")


@pytest.fixture(scope="module")
def study():
    return small_study(weekly=["trust"])


@pytest.fixture(scope="module")
def store(study, tmp_path_factory):
    return run_study(study, tmp_path_factory.mktemp("store") / "whole", processes=0)


@pytest.fixture
def copy(store, tmp_path):
    shutil.copytree(store.path, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_run_in_a_study_is_the_run_by_itself(store, study):
    found = store.runs().set_index(["point", "seed"])
    for point in (0, 3):
        alone = run(study.scenario(point), [2], threads=1).summary(["trust", "load"])
        assert found.loc[(point, 2), ["trust", "load"]].tolist() == alone.loc[2].tolist()


def test_rows_are_in_order_of_seed_and_point_and_weeks_belong_to_them(store):
    runs, weekly = store.runs(), store.weekly()
    assert runs[["seed", "point"]].apply(tuple, axis=1).is_monotonic_increasing
    assert len(runs) == store.n_runs == 16
    assert weekly.groupby(["seed", "point"]).size().tolist() == [3] * 16
    np.testing.assert_allclose(weekly.groupby(["seed", "point"])["trust"].mean(), runs["trust"], rtol=1e-12)


def test_shards_give_the_same_tables(store, study, tmp_path):
    for place in (2, 1):
        last = run_study(study, tmp_path / "shards", processes=0, shard=(place, 2))
    assert last.complete
    assert table_hashes(tmp_path / "shards", WEEKLY) == table_hashes(store.path, WEEKLY)
    assert (tmp_path / "shards" / "manifest.json").read_bytes() == (store.path / "manifest.json").read_bytes()


def test_the_log_tells_when_where_and_how_long_and_is_no_part_of_the_store(store, study, tmp_path):
    for place in (1, 2):
        last = run_study(study, tmp_path / "shards", processes=0, shard=(place, 2))
    log = last.log()
    assert log["runs"].sum() == last.n_runs
    assert set(log["shard"]) == {"1/2", "2/2"}
    assert (log["seconds"] > 0).all()
    assert (log["host"].str.len() > 0).all()
    assert log["ended"].is_monotonic_increasing
    assert "log.jsonl" not in last.manifest["files"]
    files = {path.name for path in store.path.iterdir() if path.is_file()} - {"log.jsonl"}
    different = [name for name in files if (store.path / name).read_bytes() != (last.path / name).read_bytes()]
    assert different == []
    with (last.path / "log.jsonl").open("a") as file:
        file.write('1\n{"ended": 3}\n[]\n{"ended": "20')
    assert len(last.log()) == len(log)


def test_the_manifest_names_the_commit_and_the_packages_of_the_first_run(store, study, copy, monkeypatch):
    before = (copy / "manifest.json").read_bytes()
    assert {"numpy", "pandas", "mesa"} <= set(store.manifest["packages"])
    assert store.manifest["commit"] == git_commit()
    monkeypatch.setattr("civicsim.study.store.folder.git_commit", lambda: "another")
    run_study(study, copy, processes=0)
    assert (copy / "manifest.json").read_bytes() == before


def test_more_seeds_add_rows_and_touch_none(store, study, copy, tmp_path):
    before = store.runs()
    more = run_study(load_study(copy), copy, processes=0, add_seeds=2)
    assert more.seeds == (1, 2, 3, 4, 5, 6)
    pd.testing.assert_frame_equal(more.runs().iloc[: len(before)], before)
    at_once = run_study(study.with_(seeds=6), tmp_path / "at-once", processes=0)
    assert table_hashes(copy, WEEKLY) == table_hashes(at_once.path, WEEKLY)


def test_running_again_changes_nothing(store, study, copy):
    before = {path.name: path.stat().st_mtime_ns for path in copy.glob("*.*")}
    run_study(study, copy, processes=0)
    assert {path.name: path.stat().st_mtime_ns for path in copy.glob("*.*")} == before


def test_two_identical_styles_differ_by_exactly_nothing(tmp_path):
    (tmp_path / "same.toml").write_text('title = "The same"\n[levers]\n')
    study = small_study(styles=["status-quo", "same.toml"], folder=tmp_path, measures="all", seeds=2)
    values = run_study(study, tmp_path / "out", processes=0).to_pandas().set_index(["style", "fear", "seed"])
    names = [column.name for column in study.protocol.columns]
    pd.testing.assert_frame_equal(values.loc["status-quo", names], values.loc["same", names], check_exact=True)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    pq.write_table(pa.table({"point": [1], "seed": [1]}), path)


DAMAGES = (cut, flip, empty, foreign)


def test_a_damaged_table_is_named_set_aside_and_done_again(store, study, tmp_path):
    wrong, names = [], ("runs.parquet", "weekly.parquet", "failures.parquet", "points.parquet", "protocol.json")
    for damage, name in itertools.product(DAMAGES, names):
        folder = shutil.copytree(store.path, tmp_path / damage.__name__ / name)
        damage(folder / name)
        notes = []
        run_study(study, folder, processes=0, note=notes.append)
        named = any(note.startswith(name) and f"moved to set-aside/{name}" in note for note in notes)
        same = table_hashes(folder, WEEKLY) == table_hashes(store.path, WEEKLY)
        if not (named and same and (folder / "set-aside" / name).exists()):
            wrong.append((damage.__name__, name, notes))
    assert wrong == []


@pytest.fixture(scope="module")
def begun(study, tmp_path_factory):
    """The same study with half of its shards done: parts, and no tables."""
    folder = tmp_path_factory.mktemp("begun") / "half"
    run_study(study, folder, processes=0, shard=(1, 2))
    return folder


def test_a_damaged_part_is_named_and_left_out_and_the_rest_is_loaded(begun, study, store, tmp_path):
    for damage in DAMAGES:
        folder = shutil.copytree(begun, tmp_path / damage.__name__)
        part = min((folder / "parts").glob("runs-*"))
        n = open_store(folder).n_done
        damage(part)
        (folder / "parts" / "notes.txt").write_text("not mine")
        with pytest.warns(StoreWarning) as caught:
            left = open_store(folder)
        assert sum(part.name in str(warning.message) for warning in caught) == 1, damage
        assert left.n_done < n, damage
        notes = []
        run_study(study, folder, processes=0, note=notes.append)
        assert any(part.name in note for note in notes), damage
        assert any("notes.txt is not part of a study" in note for note in notes), damage
        assert table_hashes(folder, WEEKLY) == table_hashes(store.path, WEEKLY), damage


def test_a_part_of_another_study_is_set_aside(begun, study, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "copy")
    other = run_study(small_study(weekly=["trust"], weeks=4), tmp_path / "other", processes=0, shard=(1, 2))
    part = min((other.path / "parts").glob("runs-*"))
    shutil.copy(part, folder / "parts")
    with pytest.warns(StoreWarning, match="belongs to another study"):
        open_store(folder)


def test_a_part_of_other_software_is_set_aside_and_run_again(begun, study, store, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "copy")
    own = StudyFolder(study, folder).stamp
    for kind in ("runs", "weekly"):
        part = min((folder / "parts").glob(f"{kind}-*"))
        write_part(folder / "parts", kind, part.name.split("-")[1], pq.read_table(part), Stamp(own.study, "0" * 16))
        part.unlink()
    notes = []
    run_study(study, folder, processes=0, note=notes.append)
    assert sum("comes from other software; use --mix to keep it" in note for note in notes) == 2
    assert table_hashes(folder, WEEKLY) == table_hashes(store.path, WEEKLY)


def test_a_manifest_that_cannot_be_read_is_set_aside_and_nothing_is_lost(store, study, copy):
    (copy / "manifest.json").write_text('{"schema": ')
    notes = []
    run_study(study, copy, processes=0, note=notes.append)
    assert "manifest.json is not a manifest that can be read; moved to set-aside/manifest.json" in notes
    assert not any("runs.parquet" in note for note in notes)
    assert (copy / "manifest.json").read_bytes() == (store.path / "manifest.json").read_bytes()


def test_an_exchange_of_tables_that_was_cut_off_is_finished(store, study, copy):
    # As if it had been killed after the new manifest was written, with one of the tables exchanged.
    wanted = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.next.json").write_text(json.dumps(wanted, indent=1) + "\n")
    (copy / "runs.parquet").rename(copy / ".next-runs.parquet")
    (copy / "runs.parquet").write_bytes((copy / "failures.parquet").read_bytes())
    run_study(study, copy, processes=0)
    assert table_hashes(copy, WEEKLY) == table_hashes(store.path, WEEKLY)
    assert not list(copy.glob(".next-*"))


def test_another_study_and_other_software_are_refused(store, study, copy, monkeypatch):
    with pytest.raises(CivicsimError, match="holds another study"):
        run_study(study.with_(weeks=4), copy, processes=0)
    monkeypatch.setattr("civicsim.study.store.folder.software", lambda: software() | {"numpy": "9.9"})
    with pytest.raises(CivicsimError, match=r"other software \(numpy .* there, 9.9 here\).*--mix"):
        run_study(study, copy, processes=0)
    mixed = run_study(study, copy, processes=0, mix=True, add_seeds=1)
    assert mixed.n_done == 20
    assert [others["numpy"] for others in mixed.manifest["others"].values()] == [np.__version__]


def test_a_store_of_another_schema_is_refused(copy, study):
    known = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(known | {"schema": 99}))
    with pytest.raises(CivicsimError, match="schema 99, and this version of civicsim reads schema 1"):
        open_store(copy)
    with pytest.raises(CivicsimError, match="schema 99"):
        run_study(study, copy, processes=0)


def test_two_processes_on_one_folder_are_refused_or_share(store, study, copy):
    with running(copy, 1, 1), pytest.raises(CivicsimError, match="another process runs this study"):
        run_study(study, copy, processes=0)
    with running(copy, 1, 2):
        with pytest.raises(CivicsimError, match="another process runs shard 1 of 2 of this study"):
            run_study(study, copy, processes=0)
        run_study(study, copy, processes=0, shard=(2, 2))


def test_what_killed_processes_left_behind_is_deleted_unless_others_run(study, copy):
    left = [copy / ".draft-a", copy / "parts" / ".draft-b", copy / "parts" / ".stage-0-1"]
    for path in left:
        path.touch()
    with running(copy, 1, 2):
        run_study(study, copy, processes=0, shard=(2, 2))
    assert all(path.exists() for path in left)
    run_study(study, copy, processes=0)
    assert not any(path.exists() for path in left)


def test_folders_with_other_files_and_without_a_study_are_refused(tmp_path, study):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(CivicsimError, match=r"holds other files \(letter.txt\)"):
        run_study(study, tmp_path, processes=0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "study.toml").write_text("# my own words")
    with pytest.raises(CivicsimError, match=r"holds other files \(study.toml\)"):
        run_study(study, tmp_path / "mine", processes=0)
    with pytest.raises(CivicsimError, match="holds no study"):
        open_store(tmp_path)
    with pytest.raises(CivicsimError, match="there is no such folder"):
        open_store(tmp_path / "nowhere")


def test_tables_come_with_their_points(store):
    frame = store.to_pandas(columns=["trust"])
    assert list(frame)[:9] == ["point", "policy", "future", "style", "setting", "draw", "shock", "against", "n_teams"]
    assert len(frame) == 16
    html = store._repr_html_()
    assert "Does it hold?" in html
    assert "<th>seed</th>" in html
    assert not any(f"<th>{name}</th>" in html for name in ("policy", "future", "setting", "against"))


def test_other_packages_read_the_same(store):
    frame = store.to_pandas(columns=["trust"])
    assert store.to_polars(columns=["trust"])["trust"].to_list() == frame["trust"].tolist()
    boxes = store.to_xarray(columns=["trust"])
    assert boxes["trust"].shape == (4, 4)
    assert boxes["trust"].sel(point=3, seed=2).item() == frame.query("point == 3 and seed == 2")["trust"].item()
    assert boxes["fear"].sel(point=3).item() == 0.5
    mean = store.sql(
        "select style, avg(trust) as trust from runs join points using (point) group by style order by style"
    )
    assert mean["trust"].tolist() == pytest.approx(frame.groupby("style")["trust"].mean().tolist())
    # Without civicsim, from the files alone.
    assert pd.read_parquet(store.path / "runs.parquet").equals(store.runs())
    assert duckdb.sql(f"select count(*) from '{store.path}/weekly.parquet'").fetchall() == [(48,)]


def test_a_package_that_is_missing_is_named_in_one_line(store, monkeypatch):
    for name, convert in (("polars", store.to_polars), ("xarray", store.to_xarray), ("duckdb", store.sql)):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(CivicsimError, match=f"^{name} is not installed: pip install {name}$"):
            convert(*(["select 1"] if name == "duckdb" else []))


def test_a_part_gives_back_its_values_and_what_has_none():
    schema = pa.schema([("point", pa.int32()), ("seed", pa.int64()), ("a", pa.float64()), ("b", pa.float64())])
    values = np.array([[0.1, np.nan], [np.nan, 1 / 3]])
    table = packed([pa.array([0, 1], pa.int32()), pa.array([5, 6], pa.int64())], values, schema)
    again = unpacked(table, schema)
    assert again.schema == schema
    assert again.to_pydict() == {"point": [0, 1], "seed": [5, 6], "a": [0.1, None], "b": [None, 1 / 3]}
    assert Stamp("a", "b").metadata[b"civicsim.study"] == b"a"


def test_chunks_hold_every_run_once_in_order_of_seed_and_keep_starts_together(study):
    protocol = study.protocol
    points, seeds = (part.ravel() for part in np.meshgrid(np.arange(4), np.arange(1, 1_001)))
    chunks = list(chunks_of(protocol, points, seeds, workers=2))
    runs = [run for chunk in chunks for run in chunk.runs]
    assert len(chunks) > 8
    assert sorted(runs) == sorted(zip(points.tolist(), seeds.tolist(), strict=True))
    latest = np.maximum.accumulate([seed for _, seed in runs])
    assert max(latest - np.array([seed for _, seed in runs])) < 200


def test_the_folder_knows_what_is_missing(begun, study):
    folder = StudyFolder(study, begun)
    mine, others = folder.pending(1, 2), folder.pending(2, 2)
    assert len(mine[0]) == 0
    assert mine[2] + len(others[0]) == 16
    # Done, failed and missing runs of both shards are all runs, each once.
    assert sum(len(shard[0]) + shard[2] + shard[3] for shard in (mine, others)) == 16


def test_seeds_are_added_until_intervals_are_narrow_enough(tmp_path):
    rule = {"half_width": {"load": 0.002}, "limit": 20, "batch": 3}
    found = run_study(small_study(precision=rule, seeds=2, weeks=12), tmp_path / "out", processes=0)
    loose = small_study(precision={"half_width": {"trust": 9.0}}, seeds=2)
    assert run_study(loose, tmp_path / "loose", processes=0).seeds == (1, 2)
    values = found.to_pandas().pivot(index="seed", columns="point", values="load")
    from civicsim.experiment.statistics import paired_difference

    for point, against in ((2, 0), (3, 1)):
        about = paired_difference(values[point].to_numpy(), values[against].to_numpy())
        assert (about.high - about.low) / 2 <= 0.002 or len(found.seeds) == 20
    assert len(found.seeds) in (5, 8, 11, 14, 17, 20)


def test_tables_of_many_batches_hold_the_same_rows(begun, store, study, tmp_path, monkeypatch):
    folder = shutil.copytree(begun, tmp_path / "copy")
    monkeypatch.setattr("civicsim.study.store.merge.CELLS", 15)
    small = run_study(study, folder, processes=0)
    assert pq.ParquetFile(folder / "runs.parquet").num_row_groups > 3
    pd.testing.assert_frame_equal(small.runs(), store.runs())
    pd.testing.assert_frame_equal(small.weekly(), store.weekly())


# -- what a store never mixes up -----------------------------------------------------------------------------------------


def test_results_that_lost_their_weeks_are_left_out_and_run_again(begun, study, store, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "copy")
    n = open_store(folder).n_done
    lost = min((folder / "parts").glob("weekly-*"))
    key = lost.name.split("-")[1]
    lost.unlink()
    with pytest.warns(StoreWarning, match=f"runs-{key}.*has lost its weeks"):
        assert open_store(folder).n_done < n
    run_study(study, folder, processes=0)
    assert table_hashes(folder, WEEKLY) == table_hashes(store.path, WEEKLY)


def test_a_failure_of_a_run_that_succeeded_is_not_shown(begun, study, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "copy")
    stamp, done = StudyFolder(study, folder).stamp, open_store(folder).runs().iloc[0]
    failed = [Failure(int(done["point"]), int(done["seed"]), "weeks", "ValueError", "for now")]
    assert worker.write_failures(folder / "parts", failed, stamp) == []
    found = open_store(folder)
    assert len(found.failures()) == found.n_failed == 0


def test_runs_that_are_in_a_table_and_in_parts_count_once(store, study, copy, begun):
    for part in (begun / "parts").glob("*.parquet"):
        shutil.copy(part, copy / "parts")
    both = open_store(copy)
    assert both.n_done == 16
    pd.testing.assert_frame_equal(both.runs(), store.runs())
    pd.testing.assert_frame_equal(both.weekly(), store.weekly())
    run_study(study, copy, processes=0)
    assert table_hashes(copy, WEEKLY) == table_hashes(store.path, WEEKLY)
    assert not list((copy / "parts").glob("*.parquet"))


def test_an_exchange_with_a_table_that_was_cut_off_keeps_the_old_one(store, study, copy):
    (copy / "manifest.next.json").write_bytes((copy / "manifest.json").read_bytes())
    (copy / ".next-runs.parquet").write_bytes((copy / "runs.parquet").read_bytes()[:-20])
    run_study(study, copy, processes=0)
    assert table_hashes(copy, WEEKLY) == table_hashes(store.path, WEEKLY)
    assert not (copy / "set-aside").exists()


def test_seeds_that_were_added_stay_when_the_study_is_run_from_its_file_again(study, copy):
    run_study(load_study(copy), copy, processes=0, add_seeds=2)
    assert run_study(study, copy, processes=0).seeds == (1, 2, 3, 4, 5, 6)


def test_no_seeds_are_added_while_runs_are_missing(begun, study, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "copy")
    with pytest.raises(CivicsimError, match=r"\d+ runs are missing; complete them first"):
        run_study(study, folder, processes=0, add_seeds=1)
    assert open_store(folder).seeds == (1, 2, 3, 4)


def test_points_with_other_parameters_and_linked_organisations_are_what_they_are_alone(tmp_path):
    sizes = {"n_teams": 1, "team_size": 4, "n_executives": 1, "n_organisations": 2}
    study = small_study(
        styles=["status-quo"],
        seeds=3,
        burn_in_weeks=26,
        factors=sizes | {"voice.intercept": [-2.0, 0.0]},
        measures=["efficacy", "load"],
    )
    found = run_study(study, tmp_path / "out", processes=0).runs().set_index(["point", "seed"])
    for point, seed in itertools.product(range(2), (1, 2, 3)):
        alone = run(study.scenario(point), [seed], threads=1).summary(["efficacy", "load"], 52)
        expected = alone.groupby(level=0).mean() if len(alone) > 1 else alone
        assert found.loc[(point, seed)].tolist() == pytest.approx(expected.iloc[0].tolist(), rel=1e-12)


def test_a_run_is_the_mean_of_its_organisations_that_have_a_value():
    assert worker._over(np.array([0.2, np.nan, 0.4])) == pytest.approx(0.3)
    assert np.isnan(worker._over(np.array([np.nan, np.nan])))


def test_runs_of_other_seeds_and_points_are_not_counted():
    runs = np.array([[0, 1, 2, 0, -1, 1], [5, 5, 5, 6, 7, 7]])
    assert codes(runs, 2, np.array([5, 7])).tolist() == [0, 1, -1, -1, -1, 3]
