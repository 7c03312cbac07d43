"""A staff table becomes an organisation: what is read, how it is mapped, what is refused, and what stays private."""

import csv
import itertools
import json
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from civicsim.cli.organisations import EXAMPLE
from civicsim.experiment.graphs import to_networkx
from civicsim.experiment.run import burn_in
from civicsim.model.organisation import N_TIES, PROFESSIONS
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.tables import read_table
from civicsim.staffing.line import map_line
from civicsim.staffing.people import read_staff
from civicsim.staffing.professions import KNOWN, guessed, profession_of, read_own
from civicsim.staffing.ties import keep_ties, read_ties

HEADER = "person,team,profession,manager"
SMALL = f"""{HEADER}
Zelda Quux,,Manager,
Yorick Fnord,Wibble Ward,Sister,Zelda Quux
Xaver Plugh,Wobble Ward,Sister,Zelda Quux
nn-1,Wibble Ward,Nurse,Yorick Fnord
nn-2,Wibble Ward,Doctor,Yorick Fnord
nn-3,Wobble Ward,HCA,Xaver Plugh
nn-4,Wobble Ward,Clerk,Xaver Plugh
nn-5,Wobble Ward,Nurse,Xaver Plugh
"""
TIES = "person,other\nnn-1,nn-3\nnn-2,nn-5\n"
NAMES = ("Zelda", "Quux", "Yorick", "Fnord", "Xaver", "Plugh", "Wibble", "Wobble", "nn-")


def save(text, name="staff.csv", encoding="utf-8"):
    Path(name).write_bytes(text.encode(encoding))
    return name


def table(*rows, header=HEADER):
    """Return a staff table with a top and a head of one ward in rows 2 and 3, and more rows from 4 on."""
    return "\n".join([header, "top,,manager,", "head,ward,nurse,top", *rows]) + "\n"


def mapped(text, teams_per_division=7, name="staff.csv", own=()):
    return map_line(read_staff(save(text, name), read_own(own)), teams_per_division)


def rows_of(name):
    return list(csv.reader(Path(name).read_text(encoding="utf-8").splitlines()))


def dicts_of(name):
    header, *rows = rows_of(name)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# -- the way through ---------------------------------------------------------------------------------------------------


def test_the_example_can_be_imported_compared_and_exported(tool):
    assert tool("org", "example", "trial").code == 0
    printed = tool("org", "import", "trial/staff.csv", "--ties", "trial/ties.csv")
    assert printed.code == 0
    assert "Wrote my-trust.toml: 85 staff and 17 managers in 9 teams of 2 to 20." in printed.out
    assert "Read 63 ties from columns person as from, other as to and weight.\nKept 58 of them." in printed.out
    for left_out in ("1 tie within a team", "1 tie with managers", "3 ties that are repeated"):
        assert left_out in printed.out
    assert printed.err == "Next: civicsim compare civic-culture --kind my-trust.toml\n"
    assert tool("describe", "kind", "my-trust.toml").code == 0
    few = ("--seeds", "2", "--weeks", "3", "--set", "burn_in_weeks=2")
    compared = tool("compare", "civic-culture", "--kind", "my-trust.toml", *few)
    assert "85 staff and 17 managers in 9 teams of 2 to 20" in compared.out
    assert tool("org", "export", "--kind", "my-trust.toml", "--out", "network.graphml").code == 0


def test_a_scenario_file_may_name_the_kind_that_was_imported(tool):
    tool("org", "import", save(SMALL), "--ties", save(TIES, "ties.csv"))
    Path("mine.toml").write_text('kind = "my-trust.toml"\nstyle = "compact"\nweeks = 3\nburn_in_weeks = 2\n')
    assert "5 staff and 4 managers in 2 teams of 2 to 3" in tool("check", "mine.toml").out
    for words in (("run", "mine.toml"), ("compare", "mine.toml"), ("export", "mine.toml")):
        assert tool(*words, "--seeds", "2").code == 0
    again = tool("run", "civicsim-export/scenario.toml", "--seeds", "2", "--json")
    first = tool("run", "mine.toml", "--seeds", "2", "--json")
    assert json.loads(again.out)["measures"] == json.loads(first.out)["measures"]


def test_the_file_that_is_written_runs_as_a_scenario_too(tool):
    tool("org", "import", save(SMALL))
    assert Scenario.read("my-trust.toml").roster == Scenario.preset(kind="my-trust.toml").roster
    assert tool("check", "my-trust.toml").code == 0


def test_the_same_tables_give_the_same_bytes(tool):
    for out in ("a.toml", "b.toml"):
        assert tool("org", "import", save(SMALL), "--ties", save(TIES, "ties.csv"), "--out", out).code == 0
    a, b = (Path(name).read_text() for name in ("a.toml", "b.toml"))
    assert a == b.replace("b.toml", "a.toml")


def test_import_reports_the_same_as_json(tool):
    printed = tool("org", "import", save(SMALL), "--ties", save(TIES, "ties.csv"), "--json")
    about = json.loads(printed.out)
    assert (about["people"], about["posts"], about["teams"], about["ties_read"], about["ties"]) == (8, 5, 2, 2, 2)
    assert printed.err == ""


# -- files that are read -----------------------------------------------------------------------------------------------


def test_tables_may_have_commas_or_semicolons_and_a_byte_order_mark():
    expected = mapped(SMALL).roster.teams
    for encoding, separator, newline in itertools.product(("utf-8", "utf-8-sig"), ",;\t", ("\n", "\r\n")):
        text = SMALL.replace(",", separator).replace("\n", newline).replace("Zelda", "Zoë")
        Path("staff.csv").write_bytes(text.encode(encoding))
        found = map_line(read_staff("staff.csv", read_own(())), 7).roster.teams
        assert found == expected, (encoding, separator, newline)


def test_columns_may_stand_in_any_order_in_any_case_with_others_between():
    staff = read_staff(save("Note,MANAGER,Team , Profession,Person\nx,,,Manager,a\ny,a,t,Nurse,b\n"))
    assert [(p.row, p.name, p.team, p.profession, p.manager) for p in staff.people] == [
        (2, "a", "", "manager", -1),
        (3, "b", "t", "nurse", 0),
    ]
    assert staff.used == "person, team, profession and manager"
    assert staff.notes == ("staff table: 1 other column: left aside",)


def test_empty_rows_and_cells_at_the_end_are_passed_over_but_counted():
    text = f"{HEADER},,\na,,manager,,,\n\n,,,\nb,t,nurse,a,,\n"
    assert [person.row for person in read_staff(save(text)).people] == [2, 5]


def test_names_of_teams_differ_by_more_than_case_and_spaces():
    text = table("a,Ward,nurse,head", "b, WARD ,nurse,head", "c,ward  two,nurse,head", "d,Ward two,doctor,head")
    assert mapped(text).roster.teams == ((0, 2, 0, 0, 0), (1, 1, 0, 0, 0))


def test_common_names_of_professions_are_understood():
    cases = dict(
        [
            *((name, name) for name in KNOWN),
            ("Registered Nurse", "nurse"),
            ("RNs", "nurse"),
            ("Staff-Nurse", "nurse"),
            ("Consultant", "doctor"),
            ("H.C.A.", "support"),
            ("Health care assistants", "support"),
            ("AHP", "allied"),
            ("Admin & Clerical", "administrative"),
            ("MIDWIFE", "nurse"),
            ("Director", "manager"),
            ("Physiotherapists", "allied"),
        ]
    )
    assert {text: profession_of(text, {}) for text in cases} == cases


def test_own_names_of_professions_go_before_the_known_ones(tool):
    assert profession_of("sister", read_own(["Sister=manager"])) == "manager"
    text = SMALL.replace("Nurse", "Band 5 = RN")
    printed = tool("org", "import", save(text), "--profession", "band 5 = rn=nurse")
    assert printed.code == 0
    assert mapped(text, own=["band 5 = rn=nurse"]).roster.teams == mapped(SMALL).roster.teams
    expected = mapped(SMALL).roster.teams
    words = ("org", "import", save(text), "--professions", save("name;Profession\nBAND 5 = rn;Nurse\n", "map.csv"))
    assert tool(*words, "--force").code == 0
    assert Scenario.preset(kind="my-trust.toml").roster.teams == expected
    assert tool(*words, "--profession", "Band 5 = RN=doctor", "--out", "other.toml").code == 0
    assert Scenario.preset(kind="other.toml").roster.teams[0] == (2, 0, 0, 0, 0)


def test_an_unknown_profession_gets_the_guess_of_its_words():
    assert guessed("Band 5 RN") == "nurse"
    assert guessed("Finance Director") == "manager"
    assert guessed("Registred nurse") == "nurse"
    assert guessed("Zzz") is None


# -- how the line is mapped --------------------------------------------------------------------------------------------


def line_of(*levels):
    """Return rows of a line in which each answers to the one before, by name only."""
    return [f"{name},,manager,{lead}" for lead, name in zip(("top", *levels), levels, strict=False)]


def ward(name, lead, n=2, division=""):
    rows = [f"h-{name},{name},nurse,{lead}"] + [f"{name}{k},{name},nurse,h-{name}" for k in range(n)]
    return [f"{row},{division}" for row in rows] if division else rows


def written(*rows, header=HEADER):
    return "\n".join([header, "top,,manager,", *rows]) + "\n"


def test_a_line_of_five_levels_is_taken_as_it_is():
    got = mapped(written(*line_of("exec", "div"), *ward("a", "div", 3), *ward("b", "div")))
    assert (got.roster.divisions, got.roster.superiors, got.n_executives, got.levels) == ((2,), (1,), 2, 5)
    assert got.roster.teams == ((0, 3, 0, 0, 0), (0, 2, 0, 0, 0))
    assert got.notes == ()


def test_of_a_longer_line_the_two_levels_below_the_top_are_kept():
    got = mapped(written(*line_of("exec", "div", "matron", "deputy"), *ward("a", "deputy"), *ward("b", "matron")))
    assert (got.roster.divisions, got.roster.superiors, got.n_executives, got.levels) == ((2,), (1,), 2, 7)
    assert got.notes == ("2 managers have no place in the levels of the model: left out",)


def test_one_level_between_the_top_and_team_managers_is_divisional_managers():
    rows = [f"lead{k},,manager,top" for k in range(3)]
    got = mapped(written(*rows, *ward("a", "lead0"), *ward("b", "lead2"), *ward("c", "lead0"), *ward("d", "lead1")))
    assert (got.roster.divisions, got.roster.superiors, got.n_executives) == ((2, 1, 1), (0, 0, 0), 1)
    assert got.team_names == ("a", "c", "b", "d")


def test_an_executive_may_lead_teams_without_a_divisional_manager():
    got = mapped(written(*line_of("exec", "div"), *ward("a", "div"), *ward("b", "exec")))
    assert (got.roster.divisions, got.roster.superiors, got.n_executives) == ((1, 1), (1, 1), 2)


def test_teams_right_below_the_top_share_divisions():
    rows = [row for k in range(10) for row in ward(f"w{k}", "top")]
    got = mapped(written(*rows), teams_per_division=4)
    assert (got.roster.divisions, got.roster.superiors, got.n_executives) == ((4, 3, 3), (0, 0, 0), 1)
    assert mapped(written(*rows), teams_per_division=10).roster.divisions == (10,)


def test_divisions_that_the_table_names_take_the_place_of_the_line():
    header = f"{HEADER},division"
    rows = [*ward("a", "top", 2, "North"), *ward("b", "top", 2, "South"), *ward("c", "top", 2, "north ")]
    got = mapped("\n".join([header, "top,,manager,,", *rows]))
    assert got.roster.divisions == (2, 1)
    assert got.division_names == ("North", "South")
    mixed = mapped("\n".join([header, "top,,manager,,", *ward("a", "top", 3, "North"), "x,a,nurse,h-a,South"]))
    assert mixed.roster.divisions == (1,)
    assert mixed.notes == ("1 team has people of several divisions: counted with the division of most",)


def test_where_the_table_names_no_division_the_line_does():
    header = f"{HEADER},division"
    rows = ["d,,manager,top,", *ward("a", "d", 2, " "), *ward("b", "top", 2, "South")]
    got = mapped("\n".join([header, "top,,manager,,", *rows]))
    assert (got.roster.divisions, got.division_names) == ((1, 1), ("", "South"))


def test_managers_directly_below_the_top_without_reports_are_executives():
    got = mapped(table("fin,Board,Director,top", "n,ward,nurse,head"))
    assert (got.n_executives, got.roster.teams) == (2, ((0, 1, 0, 0, 0),))


def test_managers_elsewhere_without_reports_are_administrative_posts():
    got = mapped(table("pm,ward,manager,head", "n,ward,nurse,head"))
    assert got.roster.teams == ((0, 1, 0, 0, 1),)
    assert got.notes == ("1 manager leads no one and is not right below the chief: counted as administrative",)


def test_leaders_within_a_team_are_posts_of_staff():
    got = mapped(table("c,ward,doctor,head", "j,ward,doctor,c", "n,ward,nurse,head"))
    assert got.roster.teams == ((2, 1, 0, 0, 0),)
    assert got.notes == ("1 person leads others below the manager of a team: counted as posts of staff",)


def test_a_manager_from_outside_leads_a_team_that_has_none_within():
    got = mapped(written("m,office,manager,top", "a,x,nurse,m", "b,x,nurse,m", "c,x,doctor,top", "d,y,nurse,m"))
    assert got.roster.teams == ((1, 2, 0, 0, 0), (0, 1, 0, 0, 0))
    assert set(got.notes) == {
        "1 team shares a manager with another: in the model each has its own",
        "1 person does not answer to the manager of their team: mapped to that manager",
    }


def test_a_team_whose_manager_is_at_the_top_is_a_whole_organisation():
    got = mapped(f"{HEADER}\nlead,practice,doctor,\na,practice,nurse,lead\nb,practice,clerk,lead\n")
    assert (got.roster.teams, got.roster.divisions, got.roster.superiors, got.n_executives) == (
        ((0, 1, 0, 0, 1),),
        (1,),
        (0,),
        1,
    )
    scenario = Scenario().with_(roster=got.roster, n_executives=1, weeks=2, burn_in_weeks=2)
    assert burn_in(scenario, 1).organisation["n_staff"][0] == 2


def test_each_person_of_the_example_has_one_place():
    staff = read_staff(EXAMPLE / "staff.csv")
    got = map_line(staff, 7)
    heads = 8  # the ninth team answers to the chief, who stands at the top already
    assert len(staff.people) == len(got.post_of) + heads + 3 + got.n_executives + 1
    assert [note for note in got.notes if "left out" in note] == [
        "1 manager has no place in the levels of the model: left out"
    ]


def test_posts_count_through_the_teams_by_profession():
    got = mapped(SMALL)
    assert got.post_of == {"nn-2": 0, "nn-1": 1, "nn-5": 2, "nn-3": 3, "nn-4": 4}
    assert got.roster.teams == ((1, 1, 0, 0, 0), (0, 1, 0, 1, 1))
    assert PROFESSIONS == ("doctor", "nurse", "allied", "support", "administrative")


# -- ties --------------------------------------------------------------------------------------------------------------


def people_of(name="staff.csv"):
    return {person.name: person.row for person in read_staff(name).people}


def kept(text, name="ties.csv", staff=SMALL, **options):
    """Return what is kept of a table of ties; all that was read is either kept or counted."""
    got = mapped(staff)
    ties = read_ties(save(text, name), people_of(), **options)
    found = keep_ties(ties, people_of(), got.roster, got.post_of)
    left = sum(int(note.split()[0].replace(",", "")) for note in found.notes if note.split()[1] in ("tie", "ties"))
    assert len(found.pairs) + left == len(ties.ties)
    return found


def test_ties_are_kept_as_pairs_of_posts():
    assert (kept(TIES).pairs, kept(TIES).notes) == (((0, 2), (1, 3)), ())


def test_what_is_left_out_of_the_ties_is_counted():
    text = f"{TIES}nn-3,nn-1\nnn-1,nn-3\nnn-4,nn-4\nnn-1,nn-2\nnn-1,Zelda Quux\n"
    found = kept(text)
    assert found.pairs == ((0, 2), (1, 3))
    assert found.notes == (
        "2 ties that are repeated, in either direction: left out",
        "1 tie of people with themselves: left out",
        "1 tie within a team, where all know each other: left out",
        "1 tie with managers, who meet staff through the line: left out",
    )


SAME = {
    "two columns": "a,b\nnn-1,nn-3\nnn-2,nn-5\n",
    "names of columns": "Id,Source,Target,Type\n1,nn-1,nn-3,x\n2,nn-2,nn-5,x\n",
    "row numbers without a name": ",from,to\nnn-4,nn-1,nn-3\nnn-5,nn-2,nn-5\n",
    "a column between": "respondent,question,named\nnn-1,nn-5,nn-3\nnn-2,nn-5,nn-5\n",
    "weight first": "weight;ego;alter\n1;nn-3;nn-1\n2.5;nn-2;nn-5\n",
    "weights with gaps": "from,to,frequency\nnn-1,nn-3,NA\nnn-2,nn-5,1e3\n",
    "words for weights": "from,to,frequency\nnn-1,nn-3,often\nnn-2,nn-5,2\n",
    "rows of weight 0": "from,to,value\nnn-1,nn-3,1\nnn-1,nn-5,0\nnn-2,nn-5,1\n",
    "a matrix": ",nn-1,nn-2,nn-3,nn-5\nnn-1,0,0,1,0\nnn-2,,,,1\nnn-3,1,0,NA,0\nnn-5,0,2,0,0\n",
    "a matrix of respondents": "who\tnn-3\tnn-1\tnn-2\tnn-5\nnn-2\t0\t0\t0\t1\nnn-1\t1\t0\t0\t0\n",
}
"""The same ties in the layouts in which programs write them."""


def test_the_same_ties_are_read_whatever_their_layout_and_what_was_taken_is_told():
    used = {}
    for layout, text in SAME.items():
        found = kept(text)
        assert sorted(found.pairs) == [(0, 2), (1, 3)], layout
        used[layout] = read_ties("ties.csv", people_of()).used
    assert used["two columns"] == "columns a as from and b as to"
    assert used["names of columns"] == "columns Source as from and Target as to"
    assert used["weight first"] == "columns ego as from, alter as to and weight"
    assert used["weights with gaps"] == "columns from, to and frequency as weight"
    assert used["words for weights"] == "columns from and to"
    assert used["a matrix"] == "a matrix of 4 rows and 4 columns of people"
    assert kept(SAME["row numbers without a name"]).notes == (
        "table of ties: 1 other column (the first has no name): left aside",
    )
    assert "table of ties: 1 cell holds NA, #N/A, None, nan or NULL: counted as empty" in kept(SAME["a matrix"]).notes


def test_a_matrix_may_have_people_whose_names_are_0_and_1():
    """Its cells are then names of people too."""
    staff = SMALL.replace("nn-1", "0").replace("nn-3", "1")
    found = kept(",0,1,nn-2,nn-5\n0,0,1,0,0\n1,1,0,0,0\nnn-2,0,0,0,1\nnn-5,0,0,1,0\n", staff=staff)
    assert sorted(found.pairs) == [(0, 2), (1, 3)]


def test_columns_may_be_named():
    text = "x,who,y,whom,often\nnn-4,nn-1,nn-5,nn-3,2\nnn-4,nn-2,nn-4,nn-5,2\n"
    found = kept(text, columns={"from": "who", "to": "Whom", "weight": "often"})
    assert sorted(found.pairs) == [(0, 2), (1, 3)]
    mapped_as = read_staff(save(SMALL.replace("person,", "EmpID,", 1)), columns={"person": "empid"})
    assert mapped_as.people == read_staff(save(SMALL)).people
    assert mapped_as.used == "EmpID as person, team, profession and manager"


WEB = [(f"a{k}", f"b{j}", 1 + (7 * k + 3 * j) % 5) for k in range(14) for j in range(14)]
STAFF_OF_WEB = table(
    *(f"a{k},ward,nurse,head" for k in range(14)), "h2,two,nurse,top", *(f"b{k},two,nurse,h2" for k in range(14))
)


def test_of_too_many_ties_the_strongest_are_kept_whatever_the_order_of_rows():
    def text(rows, weight):
        lines = [("from", "to", "weight"), *rows]
        return "".join(f"{a},{b},{w}\n" if weight else f"{a},{b}\n" for a, b, w in lines)

    turned = [(b, a, w) for a, b, w in reversed(WEB)]
    for weight in (True, False):
        found, again = (kept(text(rows, weight), staff=STAFF_OF_WEB) for rows in (WEB, turned))
        assert set(found.pairs) == set(again.pairs)
        assert (found.notes, found.warning) == (again.notes, again.warning)
        n = np.bincount(np.ravel(found.pairs))
        assert n.max() == N_TIES
        assert n.min() >= N_TIES // 2, "the ties are spread evenly"
        assert ("the strongest were kept" in found.notes[-1]) == weight
        left = len(WEB) - len(found.pairs)
        assert found.notes[-1].startswith(f"{left} ties of people with more than {N_TIES}, the most in the model")
        assert found.warning.startswith(f"{left} of 196 ties between teams are beyond")
    strong = {(int(a[1:]), int(b[1:])) for a, b, w in WEB if w == 5}
    posts = mapped(STAFF_OF_WEB).post_of
    assert {(posts[f"a{a}"], posts[f"b{b}"]) for a, b in strong} <= set(kept(text(WEB, True), staff=STAFF_OF_WEB).pairs)


def test_a_few_ties_too_many_are_counted_without_a_warning():
    staff = table("a,ward,nurse,head", "h2,two,nurse,top", *(f"b{k},two,nurse,h2" for k in range(N_TIES + 2)))
    found = kept("x,y\n" + "".join(f"a,b{k}\n" for k in range(N_TIES + 2)), staff=staff)
    assert (len(found.pairs), found.warning) == (N_TIES, "")


def test_people_outside_the_staff_table_are_left_out_if_asked_and_counted():
    found = kept(f"{TIES}nn-1,someone\nanyone,nn-3\n", skip_unknown=True)
    assert sorted(found.pairs) == [(0, 2), (1, 3)]
    assert found.notes == ("2 ties with people who are not in the staff table: left out",)


def graph_file(name, kind=nx.Graph, labels=None, **weight):
    graph = kind()
    graph.add_edges_from([("nn-1", "nn-3"), ("nn-2", "nn-5")] if labels is None else [(1, 3), (2, 5)], **weight)
    graph.add_node("someone without ties")
    nx.set_node_attributes(graph, {node: labels(node) for node in list(graph)[:4]} if labels else {}, "label")
    (nx.write_graphml_xml if name.endswith("graphml") else nx.write_gexf)(graph, name)
    return name


def test_ties_may_come_as_a_graph():
    mapped(SMALL)
    wanted = {frozenset(("nn-1", "nn-3")), frozenset(("nn-2", "nn-5"))}
    for name, kind in itertools.product(("ties.graphml", "ties.gexf"), (nx.Graph, nx.DiGraph)):
        ties = read_ties(graph_file(name, kind, weight=2.0), people_of())
        assert {frozenset(tie[:2]) for tie in ties.ties} == wanted
        assert {tie.weight for tie in ties.ties} == {2.0}
        assert (ties.used, ties.weighted) == ("id of the nodes and weight of the edges", True)
        ties = read_ties(graph_file(name, kind, labels=lambda node: f"nn-{node}"), people_of())
        assert {frozenset(tie[:2]) for tie in ties.ties} == wanted
        assert (ties.used, ties.weighted) == ("label of the nodes", False)


def test_where_id_and_label_of_a_graph_both_name_people_the_user_is_asked(tool):
    staff = SMALL.replace("nn-", "")
    swapped = {1: "2", 3: "5", 2: "1", 5: "3"}
    for name in ("ties.graphml", "ties.gexf"):
        save(staff)
        words = ("org", "import", "staff.csv", "--ties", graph_file(name, labels=lambda node: swapped[node]))
        line = tool(*words).mistake
        assert "both id and label of the nodes name people of the staff table, and not the same" in line
        assert "--node-name label or --node-name id" in line
        for field, pairs in (("id", {("1", "3"), ("2", "5")}), ("label", {("2", "5"), ("1", "3")})):
            ties = read_ties(name, people_of(), node_name=field)
            assert {tie[:2] for tie in ties.ties} == pairs
        assert [tie.one for tie in read_ties(name, people_of(), node_name="label").ties] == ["2", "1"]
        assert tool(*words, "--node-name", "label", "--force").code == 0
        assert "--node-name lable: no such field" in tool(*words, "--node-name", "lable").mistake


# -- what is refused ---------------------------------------------------------------------------------------------------

MANY = "".join(f"p{k},ward,nurse,missing\n" for k in range(12))


STAFF_MISTAKES = [
    ("", ["is empty"]),
    ("\n\n", ["is empty"]),
    (f"{HEADER}\n", ["is empty below the header"]),
    (f"\n{SMALL}", ["row 1 is empty"]),
    ("person,team,proffesion,manager\na,b,c,d\n", ["row 1 has no column 'profession'", "is it 'proffesion'?"]),
    (
        "person,team,profession\na,b,nurse\n",
        ["row 1 has no column 'manager'", "needed: person, team, profession, manager"],
    ),
    ("person,team,team,profession,manager\n", ["row 1: column 'team' is there 2 times"]),
    (table("a,ward,nurse"), ["row 4 has 3 cells", "header has 4"]),
    (table("a,ward,nurse,head,x"), ["row 4 has 5 cells", "quotation marks"]),
    (table('a,"ward,nurse,head'), ["row 4", "quotation mark is not closed"]),
    (table('a,"wa"rd,nurse,head'), ["row 4", "quotation mark"]),
    (table(",ward,nurse,head"), ["row 4, column person: is empty"]),
    (table("a,ward,nurse,head", "b,ward,nurse,head", "a,ward,nurse,head"), ["same person stands in rows 4 and 6"]),
    (table("a,ward,nurse,haed"), ["row 4, column manager: names no one in column person; nearly the person of row 3"]),
    (table("a,ward,nurse,Head "), ["row 4, column manager", "nearly the person of row 3"]),
    (table("007,ward,nurse,head", "8,ward,nurse,7.0"), ["row 5, column manager", "nearly the person of row 4"]),
    (table("p-123,ward,nurse,head", "b,ward,nurse,p-124"), ["names no one in column person\n"]),
    (
        "empid,ward,job,chief\na,b,c,d\n",
        ["no column 'person'", "its other columns: empid, ward, job and chief", "--column person=NAME"],
    ),
    (
        table("a,#N/A,nurse,head"),
        ["row 4, column team: is empty", "(one of NA, #N/A, None, nan or NULL, which count as empty)"],
    ),
    (table("a,ward,nurse,NA", "NA,ward,nurse,head"), ["row 5, column person: is empty", "count as empty"]),
    (table("a,ward,nurse,None"), ["rows 2 and 4, column manager: are empty", "(one of NA"]),
    (table(MANY), ["rows 4, 5, 6, 7, 8 and 7 more, column manager"]),
    (table("a,ward,,head"), ["row 4, column profession: is empty"]),
    (
        table("a,ward,Band 5 RN,head", "b,ward,Band 5 RN,head"),
        ["'Band 5 RN' (rows 4 and 5)", ", ".join(KNOWN), '--profession "Band 5 RN=nurse"'],
    ),
    (
        table(*(f"p{k},ward,Zyx {k},head" for k in range(7))),
        [", ".join(f"'Zyx {k}' (row {4 + k})" for k in range(6)), "--professions MAP.csv\n"],
    ),
    (table("a,,nurse,head"), ["row 4, column team: is empty", "managers only"]),
    (table("a,ward,nurse,a"), ["row 4, column manager: names the person of the row itself"]),
    (table("a,ward,nurse,b", "b,ward,nurse,c", "c,ward,nurse,a"), ["rows 4, 5 and 6 answer to each other in a circle"]),
    (
        table("a,ward,nurse,b", "b,ward,nurse,a", "c,ward,nurse,d", "d,ward,nurse,c"),
        ["rows 4 and 5 and rows 6 and 7 answer"],
    ),
    (table("a,ward,nurse,", "b,ward,nurse,head"), ["rows 2 and 4, column manager: are empty", "only one person"]),
    (table("a,lost,nurse,", "b,lost,nurse,", "c,ward,nurse,head"), ["rows 4 and 5: a team with no manager"]),
    (f"{HEADER}\na,ward,nurse,\n", ["one person only"]),
    (f"{HEADER}\na,ward,manager,\nb,ward,manager,a\n", ["no one is in a team"]),
    (table(*(f"p{k},ward,nurse,head" for k in range(251))), ["more than 250 posts", "row 4", "(251)"]),
]


def test_mistakes_in_the_staff_table_are_named_by_row_and_column(mistakes):
    found = []
    for text, parts in STAFF_MISTAKES:
        found += mistakes((["org", "import", save(text)], ["staff.csv", *parts]))
    assert found == []
    assert not Path("my-trust.toml").exists()


def test_a_wrong_encoding_is_named_with_byte_row_and_what_to_save_as(mistakes):
    cases = [
        (SMALL.replace("Zelda", "Zoë").encode("latin-1"), ["byte 33 (row 2)", "not UTF-8", "CSV UTF-8"]),
        (b"\xef\xbb\xbf" + SMALL.encode() + b"\xe9,x,y,z\n", ["(row 10)", "not UTF-8", "CSV UTF-8"]),
        (SMALL.encode("utf-16"), ["UTF-16", "CSV UTF-8"]),
        (b"PK\x03\x04rest", ["is a workbook", "CSV UTF-8"]),
        (SMALL.encode() + b"\0", ["row 10", "not text"]),
    ]
    found = []
    for content, parts in cases:
        Path("staff.csv").write_bytes(content)
        found += mistakes((["org", "import", "staff.csv"], ["staff.csv", *parts]))
    assert found == []


def test_more_executives_than_the_model_takes_are_refused_or_left_out():
    lines = [
        row for k in range(51) for row in (f"e{k},,manager,top", f"d{k},,manager,e{k}", *ward(f"w{k}", f"d{k}", 1))
    ]
    with pytest.raises(Exception, match="more than 49 executives below the chief"):
        mapped(written(*lines))
    got = mapped(table("n,ward,nurse,head", *(f"e{k},Board,director,top" for k in range(60))))
    assert got.n_executives == 50
    assert got.notes == ("11 executives beyond what the model allows: left out",)


TIES_MISTAKES = [
    ("ties.csv", "a,b\nnn-1,nn-9\n", ["row 2, column b: names no one in the staff table"]),
    ("ties.csv", "a,b\n" + "nn-9,nn-1\n" * 9, ["row 2, column a: names no one"]),
    (
        "ties.csv",
        "a,b\n" + "".join(f"x{k},nn-1\n" for k in range(9)),
        ["row 2, column a", "row 6, column a and 4 more: names no one"],
    ),
    ("ties.csv", "a,b\nnn-1,\n", ["row 2, column b: is empty"]),
    (
        "ties.csv",
        "a,b\nnn-01,NN-3\n",
        ["column a", "column b", "the first is nearly the person of row 5 there", "--skip-unknown"],
    ),
    ("ties.csv", "a\nnn-1\n", ["row 1 has no two columns", "--column from=NAME"]),
    ("ties.csv", ",b\nnn-1,nn-3\n", ["row 1 has no two columns", "the first column has no name"]),
    (
        "ties.csv",
        ",a,b\nnn-1,nn-3,nn-4\n",
        ["row 1 has no two columns", "the first column has no name", "there: a and b"],
    ),
    ("ties.csv", "a,b,c\nnn-1,nn-3,nn-4\n", ["row 1 has no two columns", "there: a, b and c"]),
    ("ties.csv", "from,to,ego,alter\nnn-1,nn-3,1,1\n", ["several pairs of columns", "--column to=NAME"]),
    ("ties.csv", "nn-1,nn-3\nnn-1,nn-4\n", ["row 1 names people", "expected a header"]),
    ("ties.csv", ",nn-1,nn-3\nnn-1,0,1\nnn-3,x,0\n", ["row 3, column 2: expected a number from 0"]),
    ("ties.csv", ",nn-1,nn-9\nnn-1,0,1\nnn-9,1,0\n", ["column 3: names no one in the staff table"]),
    ("ties.csv", "from,to,weight\nnn-1,nn-3,-2\n", ["row 2, column weight: expected a number from 0"]),
    ("ties.csv", "", ["is empty"]),
    ("ties.csv", "a,b\nnn-1\n", ["row 2 has 1 cell"]),
    ("ties.graphml", "no xml", ["is not valid GraphML"]),
    ("ties.gexf", "<a/>", ["is not valid GEXF"]),
]


def test_mistakes_in_the_table_of_ties_are_named(mistakes):
    save(SMALL)
    found = []
    for name, text, parts in TIES_MISTAKES:
        found += mistakes((["org", "import", "staff.csv", "--ties", save(text, name)], [name, *parts]))
    assert found == []
    assert not Path("my-trust.toml").exists()


def test_a_person_of_a_graph_who_is_not_in_the_staff_table_is_named_by_place(tool):
    nx.write_graphml_xml(nx.Graph([("nn-1", "nn-3"), ("nn-1", "Foreign")]), "ties.graphml")
    line = tool("org", "import", save(SMALL), "--ties", "ties.graphml").mistake
    assert "node 3 (in the order of the file), id: names no one in the staff table" in line
    assert "Foreign" not in line


def test_mistakes_on_the_command_line_are_named(mistakes):
    save(SMALL)
    save("name,profession\nBand 5 RN,nurs\n", "map.csv")
    cases = [
        (["org", "import"], ["import", "missing argument", "STAFF.csv"]),
        (["org", "imprt"], ["no command 'imprt'", "'import'"]),
        (["org", "--json"], ["org: expected a command"]),
        (["org", "import", "nowhere.csv"], ["nowhere.csv: no such file"]),
        (["org", "import", "."], ["is a directory"]),
        (["org", "import", "staff.csv", "--ties", "nowhere.csv"], ["nowhere.csv: no such file"]),
        (["org", "import", "staff.csv", "--ties", "nowhere.gexf"], ["nowhere.gexf: no such file"]),
        (["org", "import", "staff.csv", "--out", "mine"], ["--out mine", "ends in .toml"]),
        (["org", "import", "staff.csv", "--key", "staff.csv"], ["--key staff.csv: is one of the tables to read"]),
        (["org", "import", "staff.csv", "--key", "my-trust.toml"], ["--key my-trust.toml: is the same file"]),
        (["org", "import", "staff.csv", "--profession", "nurse"], ["--profession nurse: expected NAME=PROFESSION"]),
        (["org", "import", "staff.csv", "--profession", "RN=nurs"], ["'nurs' is none of", "'nurse'"]),
        (
            ["org", "import", "staff.csv", "--professions", "map.csv"],
            ["map.csv: row 2, column profession: 'nurs'", "'nurse'"],
        ),
        (
            ["org", "import", "staff.csv", "--professions", "nap.csv"],
            ["nap.csv: no such file", "did you mean 'map.csv'"],
        ),
        (["org", "import", "staff.csv", "--column", "person"], ["--column person: expected COLUMN=NAME"]),
        (["org", "import", "staff.csv", "--column", "persn=x"], ["--column persn=x: column = 'persn'", "'person'"]),
        (["org", "import", "staff.csv", "--column", "person=EmpID"], ["no column 'empid'", "its columns: person"]),
        (["org", "import", "staff.csv", "--column", "from=x"], ["--column from=x: there are no --ties"]),
        (["org", "import", "staff.csv", "--skip-unknown"], ["--skip-unknown: there are no --ties"]),
        (
            ["org", "import", "staff.csv", "--ties", "staff.csv", "--node-name", "id"],
            ["--node-name id: staff.csv is not a graph"],
        ),
        (["org", "import", "staff.csv", "--teams-per-division", "0"], ["--teams-per-division 0", "from 1"]),
        (["org", "export", "--out", "network.png"], ["--out network.png", ".graphml or .gexf or .csv"]),
        (["org", "export", "--week", "-1"], ["--week -1", "from 0 to 5200"]),
        (["org", "export", "--kind", "nowhere.toml"], ["nowhere.toml: no such file"]),
        (["org", "example"], ["example", "missing argument", "DIR"]),
    ]
    assert mistakes(*cases) == []


def test_nothing_is_overwritten_unless_forced(tool):
    save(SMALL)
    Path("my-trust.toml").write_text("mine")
    assert "my-trust.toml: already exists; add --force" in tool("org", "import", "staff.csv").mistake
    assert "key.csv" not in tool("org", "import", "staff.csv", "--key", "key.csv").mistake
    assert Path("my-trust.toml").read_text() == "mine"
    assert not Path("key.csv").exists()
    assert tool("org", "import", "staff.csv", "--force").code == 0
    Path("network.graphml").write_text("mine")
    assert "network.graphml: already exists" in tool("org", "export").mistake
    assert tool("org", "example", ".").mistake.endswith("add --force to overwrite it")
    assert Path("staff.csv").read_text() == SMALL


# -- privacy -----------------------------------------------------------------------------------------------------------


def test_no_name_id_or_text_of_the_tables_is_in_anything_that_is_written(tool):
    staff = SMALL.replace(HEADER, f"{HEADER},notes").replace("\n", ",wiffle\n").replace(",notes,wiffle", ",notes")
    printed = [
        tool("org", "import", save(staff, "input.csv"), "--ties", save(TIES, "input-ties.csv"), "--json"),
        tool("org", "import", "input.csv", "--ties", "input-ties.csv", "--force", "--out", "again.toml"),
        tool("describe", "kind", "my-trust.toml"),
    ]
    Path("mine.toml").write_text(Scenario.preset("compact", "my-trust.toml").with_(weeks=3, burn_in_weeks=2).to_toml())
    few = ("--seeds", "2", "--set", "burn_in_weeks=2")
    printed += [
        tool("run", "mine.toml", "--out", "a", *few),
        tool("compare", "mine.toml", "--out", "b", *few),
        tool("export", "mine.toml", "--out", "c", "--set", "burn_in_weeks=2"),
        *(
            tool("org", "export", "mine.toml", "--out", f"d.{ending}", "--week", "1")
            for ending in ("graphml", "gexf", "csv")
        ),
    ]
    assert [one.code for one in printed] == [0] * len(printed)
    files = [path for path in Path().rglob("*") if path.is_file() and not path.name.startswith("input")]
    assert len(files) > 20
    for forbidden in (*NAMES, "wiffle", "input.csv"):
        for path in files:
            assert forbidden.encode() not in path.read_bytes(), (forbidden, path)
        for one in printed:
            assert forbidden not in one.out + one.err, (forbidden, one)
    scenario = Scenario.read("mine.toml")
    for forbidden in NAMES:
        assert forbidden not in str(scenario.to_dict()) + repr(scenario.roster)


def test_mistakes_are_reported_without_names(tool):
    for text in (SMALL.replace("Yorick Fnord,Wib", "nn-1,Wib"), SMALL.replace(",Zelda Quux", ",Zelda Fnord")):
        line = tool("org", "import", save(text)).mistake
        assert not [name for name in NAMES if name in line]


def test_a_key_to_teams_and_divisions_is_written_only_when_asked_for_and_names_no_person(tool):
    tool("org", "import", save(SMALL))
    assert sorted(path.name for path in Path().iterdir()) == ["my-trust.toml", "staff.csv"]
    printed = tool("org", "import", "staff.csv", "--force", "--key", "key.csv")
    assert "Keep this file private" in printed.out
    rows = rows_of("key.csv")
    assert rows == [
        ["what", "number", "name"],
        ["team", "0", "Wibble Ward"],
        ["team", "1", "Wobble Ward"],
        ["division", "0", ""],
    ]


def test_numbers_of_the_key_are_those_of_results(tool):
    header = f"{HEADER},division"
    rows = [*ward("a", "top", 2, "North"), *ward("b", "top", 5, "South"), *ward("c", "top", 3, "North")]
    save("\n".join([header, "top,,manager,,", *rows]))
    tool("org", "import", "staff.csv", "--key", "key.csv")
    key = {(what, name): int(number) for what, number, name in rows_of("key.csv") if number != "number"}
    cohort = burn_in(Scenario.preset(kind="my-trust.toml").with_(burn_in_weeks=0), 1)
    for name, size, division in (("a", 2, "North"), ("b", 5, "South"), ("c", 3, "North")):
        team = cohort.team[key["team", name]]
        assert (team["n_posts"], team["division"]) == (size, key["division", division])


# -- export ------------------------------------------------------------------------------------------------------------


def graph_of(name):
    if name.endswith(".csv"):
        graph = nx.Graph()
        for row in dicts_of(name):
            graph.add_edge(row["source"], row["target"], layer=row["layer"])
        for row in dicts_of(name.replace(".csv", "-people.csv")):
            graph.add_node(row["node"], **row)
        return graph
    return nx.read_graphml(name) if name.endswith(".graphml") else nx.read_gexf(name)


@pytest.mark.parametrize("name", ["out.graphml", "out.gexf", "out.csv"])
def test_import_and_export_give_the_same_ties_and_the_same_line(tool, name):
    tool("org", "example", ".")
    tool("org", "import", "staff.csv", "--ties", "ties.csv")
    assert tool("org", "export", "--kind", "my-trust.toml", "--out", name).code == 0
    staff = read_staff("staff.csv")
    got, graph = map_line(staff, 7), graph_of(name)
    node = {person: f"person-{post}" for person, post in got.post_of.items()}
    team = {person.name: person.team for person in staff.people}
    asked = {
        frozenset((node[a], node[b]))
        for a, b, *_ in (row for row in rows_of("ties.csv") if row[0] != "person")
        if a in node and b in node and team[a] != team[b]
    }
    assert {frozenset((a, b)) for a, b, layer in graph.edges(data="layer") if layer == "peer"} == asked
    assert len(asked) == 58
    for person, post in node.items():
        assert got.team_names[int(graph.nodes[post]["team"])] == team[person]
        leades = [n for n in graph[post] if graph.edges[post, n]["layer"] == "line"]
        assert [graph.nodes[n]["role"] for n in leades] == ["team manager"]
        assert 0 <= float(graph.nodes[post]["exhaustion"]) <= 1


def test_an_exported_network_can_be_read_as_ties_again(tool):
    """Ties between posts of an export, by the names that the export gave them."""
    tool("org", "import", save(SMALL), "--ties", save(TIES, "ties.csv"))
    tool("org", "export", "--kind", "my-trust.toml", "--out", "out.graphml")
    graph = nx.read_graphml("out.graphml")
    peers = graph.edge_subgraph([(a, b) for a, b, layer in graph.edges(data="layer") if layer == "peer"])
    nx.write_graphml_xml(peers, "peers.graphml")
    ties = read_ties("peers.graphml", dict.fromkeys(graph, 1))
    assert {frozenset(tie[:2]) for tie in ties.ties} == {frozenset(edge) for edge in peers.edges}


def test_an_export_after_some_weeks_shows_that_week(tool):
    words = ("--set", "burn_in_weeks=3", "--set", "n_teams=3", "--set", "team_size=4")
    for week in ("0", "2"):
        assert tool("org", "export", "--out", f"w{week}.graphml", "--week", week, *words).code == 0
    graphs = [nx.read_graphml(f"w{week}.graphml") for week in (0, 2)]
    assert [graph.graph["week"] for graph in graphs] == [0, 2]
    assert graphs[0].nodes["person-3"]["exhaustion"] != graphs[1].nodes["person-3"]["exhaustion"]
    scenario = Scenario().with_(burn_in_weeks=3, n_teams=3, team_size=4)
    assert nx.utils.graphs_equal(
        graphs[0], nx.parse_graphml("\n".join(nx.generate_graphml(to_networkx(burn_in(scenario, 1)))))
    )


def test_the_same_network_gives_the_same_bytes(tool):
    small = ("--set", "n_teams=2", "--set", "team_size=3")
    for ending in ("graphml", "gexf", "csv"):
        for name in ("a", "b"):
            assert tool("org", "export", "compact", "--out", f"{name}.{ending}", *small).code == 0
        files = [sorted(Path().glob(f"{name}*.{ending}")) for name in ("a", "b")]
        assert [a.read_bytes() for a in files[0]] == [b.read_bytes() for b in files[1]]
        assert not re.search(rb"20\d\d-\d\d-\d\d", files[0][0].read_bytes())


def test_export_reports_the_same_as_json(tool):
    printed = tool("org", "export", "--set", "n_teams=2", "--set", "team_size=3", "--json")
    about = json.loads(printed.out)
    graph = nx.read_graphml("network.graphml")
    assert (about["nodes"], about["ties"]) == (graph.number_of_nodes(), graph.number_of_edges())


def test_the_example_is_complete_and_made_up(tool):
    printed = tool("org", "example", "a/b", "--json")
    assert json.loads(printed.out)["files"] == ["a/b/ties.csv", "a/b/staff.csv"]
    for name in ("staff.csv", "ties.csv"):
        assert (Path("a/b") / name).read_bytes() == (EXAMPLE / name).read_bytes()
    assert read_table("a/b/staff.csv").header == ("person", "team", "profession", "manager", "division")
    hint = tool("org", "example", "c").err
    assert hint == "Next: civicsim org import c/staff.csv --ties c/ties.csv\n"
