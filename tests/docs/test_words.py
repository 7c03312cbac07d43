"""No file uses a word that the style sheet retires."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("civicsim", "tests", "docs", "benchmarks", "experiments", ".github")
KINDS = {".py", ".pyi", ".md", ".toml", ".vue", ".js", ".css", ".html", ".yml", ".yaml", ".cff", ".json"}
RETIRED = {
    r"(re)?lived|(re)?lives|relive": "simulate, run",
    r"live(?=[_(])|(?<=_)live|live (a|all|another|in turn|its|many|on|one|some|the|through|weeks?)": "simulate, run",
    r"luck|lucky": "run-to-run variation, chance, random draw",
    r"nobody|whoever|somebody": "no one, none; anyone who, those who, staff who; someone",
    r"clerks?": "administrative staff",
    r"puts? (it |them |this )?right|putting right": "correct, repair, restore",
    r"(hold|holds|held|holding) (\w+ )?against": "compare with",
    r"what is known": "published data, evidence",
    r"an own|one's own|one’s own": "your own …, a custom …",
    r"is there already|was there already": "already exists",
    r"(is|are|was|were|be|been) (put|written) down|(put|puts|write|writes|wrote)( \w+)? down": "record, store, list",
    r"what (comes|came) of (it|them)": "results, outcomes",
    r"(interval|difference) holds 0": "the interval includes 0",
    r"taken? up again|takes up again": "resume",
    r"what others are (set|held) against": "baseline",
    r"gains and prices|largest price": "gains and costs, largest cost",
    r"go(es)? the way of": "has the direction of",
    r"weigh(ed|s)? up with": "weigh against one another",
    r"portions?": "share",
    r"boss(es)?": "manager",
}
"""Retired words as patterns, and the words to use; docs/style.md explains them. Words end at anything but a letter."""
EXEMPT = {
    "experiments/hypotheses.toml": "a record: signs and statements do not change",
    "experiments/hypotheses/": "statements of the same record as contrasts",
    "docs/style.md": "lists the retired words",
    "tests/docs/test_words.py": "lists the retired words",
}
"""Files and folders that are not searched, and the reason."""
MEANT = {
    ("CHANGELOG.md", "luck"): "the former name of a key",
    ("civicsim/staffing/professions.toml", "clerk"): "a job title in staff tables",
    ("docs/own-organisation.md", "clerk"): "a job title in staff tables",
    ("tests/cli/test_org.py", "clerk"): "a job title in staff tables",
}
"""A word that a file uses in another sense, and the reason."""
QUOTATION = re.compile(r"“[^”]*”|‘[^’]*’|^\s*>.*$", re.MULTILINE)
PATTERN = re.compile("|".join(f"(?<![a-z-])(?:{words})(?![a-z])" for words in RETIRED), re.IGNORECASE)


def files():
    """Yield the text files of the repository by their name in it."""
    here = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    for path in sorted(path for path in here if path.suffix in KINDS and path.is_file()):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(tuple(EXEMPT)):
            yield name, path.read_text(encoding="utf-8")


def found_in(name, text):
    """Return the retired words of a text outside quotations, as "file:line: word"."""
    text = QUOTATION.sub(lambda quoted: re.sub(r"[^\n]", " ", quoted[0]), text)
    return [
        f"{name}:{number}: {found[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in PATTERN.finditer(line)
        if (name, found[0].lower()) not in MEANT
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the weeks lived so far", "lived"),
        ("history.live_through(x)", "live"),
        ("Live a week.", "Live a"),
        ("self.luck(1)", "luck"),
        ("test_what_nobody_knows", "nobody"),
        ("put it right", "put it right"),
        ("held against what is known", "held against"),
        ("It is written down.", "is written down"),
    ],
)
def test_a_retired_word_is_found(text, found):
    assert found_in("file", text)[0] == f"file:1: {found}"


def test_words_that_are_meant_and_quotations_are_not_found():
    text = 'people may live, aria-live="polite", alive, delivered, “nobody knows”\n> somebody said\nfrom the boat'
    assert found_in("file", text) == []


def test_every_exception_is_used():
    assert [name for name in EXEMPT if not (ROOT / name).exists()] == []
    assert [name for name, word in MEANT if word not in (ROOT / name).read_text(encoding="utf-8").lower()] == []


def test_no_file_uses_a_retired_word():
    hits = [hit for name, text in files() for hit in found_in(name, text)]
    assert hits == [], f"{len(hits)} words that docs/style.md retires"
