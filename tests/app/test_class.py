"""The room of a class is bounded, nameless and led by one; its answers and lessons are files that platforms take."""

import io
import re
import threading
import time
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree

import numpy as np
import pytest
import segno

from civicsim.app import room as rooms
from civicsim.app import statements, work
from civicsim.app.lessons import GUESS, lessons
from civicsim.app.materials import manifest, package
from civicsim.app.pages.classroom import enough, qr_picture
from civicsim.app.pages.lesson import bars, crowd_of
from civicsim.app.quiz import answered
from civicsim.cli import main
from civicsim.cli.serving import _own_address

LESSON = lessons()["voice-without-response"]
AT = "http://192.0.2.7:8765"


@pytest.fixture
def room():
    """A room in which a lesson asks for guesses, with two devices."""
    made = rooms.Room(AT)
    made.lead(lesson=LESSON)
    made.lead(step="predict")
    assert made.enter("one")
    assert made.enter("two")
    return made


@pytest.fixture(scope="module")
def found():
    """Questions of the lesson with their answers, over few runs: which is right is not what is tested here."""
    return answered(LESSON, [work.batch(scenario, work.FEW) for scenario in LESSON.runs])


def test_code_and_token_let_in_and_nothing_else_does(room):
    assert re.fullmatch("[A-Z0-9]{5}", room.code)
    assert room.admits(f" {room.code.lower()} ")
    assert not any(room.admits(code) for code in ("", "teach", room.code[:-1], room.code + "A", room.token))
    assert not room.teaches("one")
    assert not room.teaches("one", room.code)
    assert not room.teaches("one", room.token[:-1])
    assert room.teaches("desk", room.token)
    assert room.teaches("desk")
    assert not room.teaches("one")
    assert rooms.Room(AT).token != room.token


def test_answers_are_taken_in_the_step_that_asks_for_them_and_within_their_range(room):
    room.answer("one", GUESS, 0.6)
    room.answer("one", GUESS, 0.7)
    room.answer("two", GUESS, 55.0)
    room.answer("one", 0, 1)
    assert room.answers(GUESS) == [0.7, LESSON.high]
    assert room.answers(0) == []
    room.lead(step="run")
    room.answer("two", GUESS, 0.1)
    assert room.answers(GUESS) == [0.7, LESSON.high]
    room.lead(step="quiz")
    for item, option in ((0, 1), (2, 3), (3, 1), (0, 4), (0, -1), (1, float("nan"))):
        room.answer("two", item, option)
    assert room.own("two") == {GUESS: LESSON.high, 0: 1, 2: 3}
    room.lead(lesson=lessons()["compact"])
    assert room.own("two") == {}
    assert room.stage.step == "read"
    assert len(room.sheets(LESSON.name)) == 2


def test_a_room_takes_so_many_devices_and_forgets_all(room):
    for k in range(rooms.MOST_DEVICES):
        room.enter(f"device {k}")
    assert room.devices == rooms.MOST_DEVICES
    assert not room.enter("late")
    room.answer("late", GUESS, 0.5)
    assert room.answers(GUESS) == []
    room.answer("one", GUESS, 0.5)
    room.forget()
    assert room.sheets(LESSON.name) == []
    assert room.devices == 0


def test_who_waits_learns_of_a_change_at_once_and_else_waits(room):
    at = room.wait(None, 0.0)
    began = time.monotonic()
    assert room.wait(at, 0.05) == at
    assert time.monotonic() - began >= 0.05
    threading.Timer(0.05, room.answer, ("one", GUESS, 0.4)).start()
    began = time.monotonic()
    assert room.wait(at, 30.0) != at
    assert time.monotonic() - began < 20.0


def test_a_histogram_has_a_bar_for_each_guess_and_hides_too_few():
    guesses = [0.0, 0.05, 0.051, 0.5, 1.0]
    made = bars(LESSON, guesses)
    assert len(made) == 20
    assert sum(bar["count"] for bar in made) == 5
    assert [k for k, bar in enumerate(made) if bar["count"]] == [0, 1, 10, 19]
    assert made[1]["count"] == 2
    assert made[1]["share"] == 1.0
    assert bars(LESSON, []) == []
    assert "5 guesses: half of them from 5 % to 50 %, in the middle 5 %" in crowd_of(LESSON, guesses, None)["words"]
    assert (enough([0.1, 0.2]), enough([0.1, 0.2, 0.3])) == ([], [0.1, 0.2, 0.3])


SHEETS = [{GUESS: 0.4, 0: 0, 1: 0, 2: 2}, {GUESS: 0.8, 0: 3}]


def test_statements_are_what_xapi_prescribes_and_name_no_one(found):
    made = statements.statements(LESSON, SHEETS, found, AT, datetime(2026, 3, 4, 9, 30, tzinfo=UTC))
    assert len(made) == 6
    assert len({one["id"] for one in made}) == 6
    assert len({one["actor"]["account"]["name"] for one in made}) == 2
    for one in made:
        assert set(one) == {"id", "actor", "verb", "object", "result", "context", "timestamp", "version"}
        assert set(one["actor"]) == {"objectType", "account"}
        assert one["actor"]["account"]["homePage"] == AT
        assert one["timestamp"] == "2026-03-04T09:30:00+00:00"
        asked = one["object"]["definition"]
        assert re.match(r"urn:civicsim:lesson:voice-without-response:(guess|quiz:[123])$", one["object"]["id"])
        if asked["interactionType"] == "choice":
            ids = [choice["id"] for choice in asked["choices"]]
            assert {one["result"]["response"], *asked["correctResponsesPattern"]} <= set(ids)
            assert one["result"]["success"] == (asked["correctResponsesPattern"] == [one["result"]["response"]])
            assert one["result"]["score"]["scaled"] == float(one["result"]["success"])
    assert made[0]["object"]["definition"]["interactionType"] == "numeric"
    assert made[0]["result"] == {"response": "40"}


def test_a_table_has_the_same_answers(found):
    rows = statements.rows(LESSON, SHEETS, found)
    made = statements.statements(LESSON, SHEETS, found, AT, datetime.now(UTC))
    assert [row["device"] for row in rows] == [1, 1, 1, 1, 2, 2]
    for row, one in zip(rows, made, strict=True):
        success = one["result"].get("success")
        assert row.get("right") == (None if success is None else "yes" if success else "no")


CONTENT, ADL = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}", "{http://www.adlnet.org/xsd/adlcp_rootv1p2}"


def test_a_package_has_the_structure_that_scorm_prescribes():
    """Elements, their order and the identifiers that refer to each other; the schemas themselves are not free to ship."""
    data = package(LESSON)
    assert data == package(LESSON)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        names = file.namelist()
        page = file.read("index.html").decode()
        root = ElementTree.fromstring(file.read("imsmanifest.xml"))
    assert root.tag == f"{CONTENT}manifest"
    assert [child.tag.removeprefix(CONTENT) for child in root] == ["metadata", "organizations", "resources"]
    assert [child.text for child in root[0]] == ["ADL SCORM", "1.2"]
    organizations, resources = root[1], root[2]
    (organization,), (resource,) = organizations, resources
    assert organizations.get("default") == organization.get("identifier")
    title, item = organization
    assert (title.text, item[0].text) == (LESSON.title, LESSON.title)
    assert item.get("identifierref") == resource.get("identifier")
    assert (resource.get("type"), resource.get(f"{ADL}scormtype")) == ("webcontent", "sco")
    assert [file.get("href") for file in resource] == [resource.get("href")] == ["index.html"]
    assert sorted(names) == ["imsmanifest.xml", "index.html"]
    identifiers = [element.get("identifier") for element in root.iter() if element.get("identifier")]
    assert len(identifiers) == len(set(identifiers))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in identifiers)
    # The slides fetch nothing, and report what the run-time environment of SCORM 1.2 takes.
    assert not re.search(r"(src|href)=|@import|url\(", page)
    elements = set(re.findall(r'"(cmi\.[a-z_.]+[a-z])', page))
    assert elements == {
        "cmi.core.lesson_status",
        "cmi.core.score.min",
        "cmi.core.score.max",
        "cmi.core.score.raw",
        "cmi.interactions",
    }
    assert len(re.findall(r"<section", page)) == 12


def test_every_lesson_has_a_manifest():
    for lesson in lessons().values():
        assert ElementTree.fromstring(manifest(lesson)).get("identifier") == f"civicsim-{lesson.name}"


def test_the_qr_code_holds_the_address(room):
    """The drawing is that of the modules of the address and no other's."""
    drawn = qr_picture(room.join)
    dark = np.array([list(row) for row in segno.make(room.join, error="m", micro=False).matrix], dtype=int)
    assert 'class="cv-qr"' in drawn
    # Each row of a path is written as runs of dark modules: h and a length.
    assert sum(int(n) for n in re.findall(r"h(\d+)", drawn.rpartition("<path")[2])) == dark.sum()
    assert drawn != qr_picture(room.join + "A")


def test_the_address_of_a_class_is_not_the_loopback_one(monkeypatch, capsys):
    class Sounding:
        def __init__(self, address):
            self.address = address

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def connect(self, _):
            if not self.address:
                raise OSError("no route")

        def getsockname(self):
            return (self.address, 5)

    monkeypatch.setattr("civicsim.cli.serving.socket.socket", lambda *_: Sounding("192.0.2.44"))
    assert _own_address() == "192.0.2.44"
    for nowhere in ("", "127.0.1.1"):
        monkeypatch.setattr("civicsim.cli.serving.socket.socket", lambda *_, at=nowhere: Sounding(at))
        assert main(["app", "--class", "--no-open", "--port", "0"]) == 2
        printed = capsys.readouterr().err
        assert printed.startswith("civicsim: --class: this computer is on no network")
        assert printed.count("\n") == 1


def test_a_folder_of_lessons_that_is_not_there_is_refused(capsys):
    assert main(["app", "--lessons", "nowhere", "--no-open", "--port", "0"]) == 2
    assert capsys.readouterr().err == "civicsim: --lessons nowhere: no such folder\n"
