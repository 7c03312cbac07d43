"""A table kept column by column behaves like an array of records, in plain Python and in compiled code."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError
from tools import small_scenario

from civicsim.engine.table import Table
from civicsim.engine.table_code import LINE, layout_of
from civicsim.experiment.run import burn_in
from civicsim.model.tables import IN_COLUMNS, TABLES, record_type

KIND = np.dtype([("small", "i1"), ("large", "f8"), ("middle", "i4"), ("other", "f8")], align=True)
shapes = st.one_of(st.tuples(st.integers(1, 200)), st.tuples(st.integers(1, 40), st.integers(1, 9)))


def filled(shape):
    """An array of records in which every value tells where it stands, and the table that holds the same."""
    records = np.zeros(shape, dtype=KIND)
    place = np.arange(records.size).reshape(shape)
    for k, name in enumerate(KIND.names):
        records[name] = (place + 31 * k) % 100
    return records, Table.of(records)


@given(shapes)
def test_a_table_holds_what_an_array_of_records_holds(shape):
    records, table = filled(shape)
    assert len(table) == len(records)
    assert (table.shape, table.ndim, table.size) == (records.shape, records.ndim, records.size)
    np.testing.assert_array_equal(np.asarray(table), records)
    for name, column in table.columns():
        np.testing.assert_array_equal(column, records[name])
        assert column.dtype == KIND[name]


@given(shapes)
def test_columns_begin_at_lines_of_the_cache_and_do_not_overlap(shape):
    _, table = filled(shape)
    spans = sorted((column.ctypes.data, column.nbytes) for _, column in table.columns())
    assert all(start % LINE == 0 for start, _ in spans)
    assert all(start + size <= after for (start, size), (after, _) in itertools.pairwise(spans))


@pytest.mark.parametrize("kind", [record_type(TABLES[name]) for name in IN_COLUMNS], ids=IN_COLUMNS)
def test_wider_columns_come_first_so_that_all_are_aligned(kind):
    layout = layout_of(kind)
    sizes = [kind[name].itemsize for name in layout.width]
    assert sizes == sorted(sizes, reverse=True)
    assert layout.row_bytes == sum(sizes)


def test_rows_read_and_write_the_table():
    _, table = filled((5, 3))
    table[2, 1].large = 7.5
    assert table["large"][2, 1] == table[2, 1]["large"] == table[2][1].large == 7.5
    table[1:3]["middle"] = 4
    assert (table["middle"][1:3] == 4).all()
    chosen = np.array([True, False, False, True, True])
    table[chosen]["small"] = 9
    assert set(table["small"][chosen].ravel()) == {9}
    assert 9 not in table["small"][1]
    table[0] = np.asarray(table[4])
    np.testing.assert_array_equal(np.asarray(table[0]), np.asarray(table[4]))
    assert [row.shape for row in table] == [(3,)] * 5


@pytest.mark.parametrize(
    "chosen", [[1, 3], np.array([False, True, False, True, False]), slice(1, 4, 2)], ids=["list", "mask", "slice"]
)
def test_whatever_is_chosen_of_chosen_rows_writes_to_the_table(chosen):
    for write in (
        lambda rows: [setattr(row, "large", 7.5) for row in rows],
        lambda rows: [rows[k].__setitem__("large", 7.5) for k in range(2)],
        lambda rows: rows[:2].__setitem__("large", 7.5),
        lambda rows: [raised(row) for row in rows],
        lambda rows: [raised.py_func(row) for row in rows],
    ):
        _, table = filled((5,))
        before = table["large"].copy()
        write(table[chosen])
        assert (table["large"] != before).tolist() == [False, True, False, True, False]


def test_chosen_entries_of_a_table_with_several_a_row_write_to_it():
    _, table = filled((5, 3))
    table[[0, 4]][:, 1]["small"] = 99
    assert (table["small"] == 99).sum() == 2
    assert (table["small"][[0, 4], 1] == 99).all()
    table[table["small"] == 99]["large"] = -1.0
    assert (table["large"] == -1.0).sum() == 2
    assert table[[0, 4]].shape == (2, 3)


def test_rows_are_compared_and_taken_apart_as_records():
    records, table = filled((5,))
    assert table[2] == table[2] == records[2]
    assert (table == table.copy()).all()
    assert (table[1:3] == records[1:3]).all()
    assert tuple(table[2]) == tuple(records[2])
    assert len(table[2]) == len(KIND.names)
    kept = table[2].copy()
    table[2].large = -1.0
    assert kept["large"] == records["large"][2]
    assert "large=-1" in repr(table[2])
    assert "5 rows" in repr(table)
    assert "middle" in repr(table[1:3])


def test_what_is_not_there_is_reported():
    _, table = filled((4,))
    with pytest.raises(IndexError):
        table[4]
    with pytest.raises(AttributeError, match="no column 'larger'"):
        _ = table[0].larger
    with pytest.raises(AttributeError, match="no column 'larger'"):
        table[0].larger = 1
    with pytest.raises(AttributeError, match=r"table\['large'\] = "):
        table.large = 1.0
    with pytest.raises(ValueError, match="copy"):
        np.asarray(table, copy=False)
    with pytest.raises(KeyError):
        _ = table["larger"]


def test_copies_are_independent():
    _, table = filled((6,))
    other, part = table.copy(), table[2:4].copy()
    assert other.tobytes() == table.tobytes()
    table["large"] = -1.0
    assert (other["large"] >= 0).all()
    assert part.shape == (2,)
    np.testing.assert_array_equal(part["large"], other["large"][2:4])


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda table: pickle.loads(pickle.dumps(table))], ids=["copied", "pickled"]
)
@pytest.mark.parametrize("shape", [(7,), (4, 3), (0,)])
def test_what_was_pickled_or_deeply_copied_is_a_table_of_its_own(again, shape):
    _, table = filled(shape)
    other = again(table)
    assert other.tobytes() == table.tobytes()
    assert other.address != table.address
    if len(table):
        other["large"] = -1.0
        assert (table["large"] >= 0).all()
        assert other[0].large.min() == -1.0
        assert again(other[0])["large"].tobytes() == other[0]["large"].tobytes()


@njit
def double(table):
    for i in range(table.shape[0]):
        row = table[i]
        row.large = 2.0 * row.large + row.small
        row.middle += row["middle"]


@njit
def add_up(table):
    total = 0.0
    for i in range(table.shape[0]):
        for k in range(table.shape[1]):
            total += table[i, k].large * table[i, np.int8(k)].middle
    return total


@njit
def raised(row):
    row.large += 1.0
    return row.large


@given(st.integers(1, 300))
def test_compiled_code_and_plain_python_do_the_same(n):
    _, table = filled((n,))
    plain = table.copy()
    double(table)
    double.py_func(plain)
    assert table.tobytes() == plain.tobytes()


@given(st.integers(1, 30), st.integers(1, 9))
def test_compiled_code_reads_tables_with_several_entries_a_row(n, m):
    records, table = filled((n, m))
    assert add_up(table) == (records["large"] * records["middle"]).sum() == add_up.py_func(table)


def test_one_row_can_be_given_to_compiled_code():
    _, table = filled((4, 3))
    before = table["large"][2, 1]
    assert raised(table[2, 1]) == before + 1.0 == table["large"][2, 1]
    with pytest.raises(TypingError):
        raised(table[2])


def test_compiled_code_cannot_write_to_what_is_fixed():
    records, _ = filled((4,))

    @njit
    def write(table):
        table[0].large = 1.0

    with pytest.raises(Exception, match="a table of parameters is only read"):
        write(Table.of(records, fixed=True))


def test_long_tables_and_parameters_are_kept_in_columns():
    cohort = burn_in(small_scenario(burn_in_weeks=0), 2)
    for name in TABLES:
        assert isinstance(cohort.tables[name], Table) == (name in IN_COLUMNS)
    assert all(isinstance(values, Table) and values.fixed for values in cohort.parameters.values())
