"""What a kind of organisation changes is shown with where it comes from."""

import json

import pytest

from civicsim.scenario.scenario import DEFAULT_KIND, sources_of
from civicsim.scenario.shipped import kinds


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {DEFAULT_KIND}))
def test_every_figure_of_a_kind_is_shown_with_its_source(tool, kind):
    words = " ".join(tool("-q", "describe", "kind", kind).out.split())
    for key, text in sources_of(kind).items():
        assert f"{key} = " in words
        assert " ".join(text.split()) in words


def test_the_usual_kind_differs_from_itself_in_nothing(tool):
    assert "What differs" not in tool("describe", "kind", DEFAULT_KIND).out


def test_changes_and_sources_are_there_for_programs_too(tool):
    said = json.loads(tool("--json", "describe", "kind", "ambulance-service").out)
    changed = said["changes"]["structure.share_doctor"]
    assert changed["usual"] == 0.13
    assert changed["value"] == 0.0
    assert changed["source"].startswith("Assumption")


def test_a_kind_of_ones_own_that_names_no_source_is_told_so(tool, tmp_path):
    (tmp_path / "mine.toml").write_text("[structure]\nn_teams = 3\n")
    said = tool("-q", "describe", "kind", "mine.toml").out
    assert "structure.n_teams = 3" in said
    assert "does not say where it comes from" in said


def test_a_run_of_unequal_organisations_gives_their_mean_size(tool, tmp_path):
    (tmp_path / "mine.toml").write_text('kind = "nhs-england"\n')
    said = tool("check", "mine.toml").out
    assert "210 organisations of 7,140 staff" in said
    assert "on average" in said
