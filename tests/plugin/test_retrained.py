"""Models of other seeds, in a whole run: one that can't be used stops it."""

import os
import pickle

import pytest


class Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def configured(project, name):
    project.configure(suites=("explainability",))
    file = project.path / "modelcheck.toml"
    file.write_text(file.read_text().replace("[candidate]", f'[candidate]\nretrained = ["{name}"]'))
    return project


@pytest.mark.parametrize("kind", ["evil", "empty"])
def test_a_file_that_is_refused_blocks_though_the_gate_only_informs(project, kind):
    marker = project.path / "marker"
    content = pickle.dumps(Evil(str(marker))) if kind == "evil" else b""
    (project.path / "seed.pkl").write_bytes(content)
    result = configured(project, "seed.pkl").run()
    gate = project.gate("explainability::stability")
    assert (gate["verdict"], gate["severity"], project.record()["verdict"]) == ("error", "blocking", "blocked")
    assert "retrained names 'seed.pkl', which can't be asked" in gate["reason"]
    assert result.ret == 1
    assert not marker.exists()


def test_a_sound_one_blocks_nothing(project):
    project.write_model("seed.skops", weight=1.3)
    result = configured(project, "seed.skops").run()
    assert project.gate("explainability::stability")["verdict"] is None
    assert result.ret == 0
