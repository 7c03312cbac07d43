"""What a kind of organisation changes is shown with where it comes from."""

import json

from civicsim.scenario.scenario import DEFAULT_KIND, sources_of
from civicsim.scenario.shipped import kinds


def test_every_figure_of_a_kind_is_shown_with_its_source(tool):
    missing = []
    for kind in sorted(set(kinds()) - {DEFAULT_KIND}):
        words = " ".join(tool("-q", "describe", "kind", kind).out.split())
        for key, text in sources_of(kind).items():
            missing += [f"{kind}: {part}" for part in (f"{key} = ", " ".join(text.split())) if part not in words]
    assert missing == []


def test_the_usual_kind_differs_from_itself_in_nothing(tool):
    assert "Differences" not in tool("describe", "kind", DEFAULT_KIND).out


def test_changes_and_sources_are_there_for_programs_too(tool):
    printed = json.loads(tool("--json", "describe", "kind", "ambulance-service").out)
    changed = printed["changes"]["structure.share_doctor"]
    assert changed["usual"] == 0.13
    assert changed["value"] == 0.0
    assert changed["source"].startswith("Assumption")


def test_a_custom_kind_without_a_source_is_reported(tool, tmp_path):
    (tmp_path / "mine.toml").write_text("[structure]\nn_teams = 3\n")
    printed = tool("-q", "describe", "kind", "mine.toml").out
    assert "structure.n_teams = 3" in printed
    assert "The file names no source" in printed


def test_a_run_of_unequal_organisations_gives_their_mean_size(tool, tmp_path):
    (tmp_path / "mine.toml").write_text('kind = "nhs-england"\n')
    printed = tool("check", "mine.toml").out
    assert "210 organisations of 7,140 staff" in printed
    assert "on average" in printed
