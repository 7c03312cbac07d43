"""Files that name the version agree."""

import json
import re
from pathlib import Path

import civicsim as cs
from civicsim.report.methods import RELEASED

ROOT = Path(__file__).parents[2]


def test_citation_metadata_and_changelog_name_the_version_of_the_code():
    found = {
        "CITATION.cff": re.search(
            r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE
        )[1],
        "codemeta.json": json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))["version"],
        "CHANGELOG.md": re.search(
            r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
        )[1],
    }
    assert {name: version for name, version in found.items() if version != cs.__version__} == {}


def test_citation_and_metadata_name_the_date_of_the_changelog():
    dated = re.search(r"^## \[\d[^\]]*\] – (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ]
    citation = re.search(r"^date-released: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ]
    metadata = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))["dateModified"]
    assert (citation, metadata, RELEASED) == (dated, dated, dated)


def test_the_changelog_dates_the_version_and_says_whether_results_change():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for heading, body in re.findall(r"^## (\[\d.*)\n((?:(?!^## ).*\n)*)", text, re.MULTILINE):
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] – \d{4}-\d{2}-\d{2}", heading), heading
        assert "Changes results:" in body, heading


def test_the_changelog_names_a_change_once():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    changes = re.findall(r"^- .*(?:\n  .*)*", text, re.MULTILINE)
    assert len(changes) > 100
    assert sorted(one for one in set(changes) if changes.count(one) > 1) == []
