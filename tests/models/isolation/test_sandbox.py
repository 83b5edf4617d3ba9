"""What a model in a sandbox can't do, and what it still can."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from modelcheck.errors import ModelError, ModelRaised

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of Linux's means")


@pytest.fixture
def secret(tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "secret"
    path.write_text("known to the run only")
    return path


@pytest.fixture
def boxed(rogue):
    def load(deed, argument=""):
        try:
            return rogue(deed, "sandbox", argument=argument)
        except ModelError as error:
            pytest.skip(f"this system has no sandbox: {error}")

    return load


def test_the_level_reached_is_told(boxed, calm):
    model = boxed("home")
    assert model.describe().isolation == "sandbox"
    assert (model.predict_proba(calm) == 0.5).all()


def test_files_elsewhere_can_neither_be_read_nor_written(boxed, rogue, wild, secret):
    with pytest.raises(ModelRaised, match="PermissionError"):
        boxed("read", secret).predict_proba(wild)
    with pytest.raises(ModelRaised, match="PermissionError"):
        boxed("write", secret.parent / "new").predict_proba(wild)
    assert os.listdir(secret.parent) == ["secret"]
    # The same deeds in a worker that is no sandbox.
    rogue("read", argument=secret).predict_proba(wild)
    rogue("write", argument=secret.parent / "new").predict_proba(wild)
    assert (secret.parent / "new").exists()


def test_the_runs_environment_cannot_be_read(boxed, rogue, wild, monkeypatch):
    own = f"/proc/{os.getpid()}/environ"
    with pytest.raises(ModelRaised, match="PermissionError"):
        boxed("read", own).predict_proba(wild)


def test_no_network_is_reached(boxed, rogue, wild):
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        rogue("connect", argument=place).predict_proba(wild)
        with pytest.raises(ModelRaised, match="PermissionError"):
            boxed("connect", place).predict_proba(wild)


def test_no_service_of_this_machine_is_reached(boxed, rogue, wild, tmp_path):
    place = str(tmp_path / "service")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        rogue("resolve", argument=place).predict_proba(wild)
        with pytest.raises(ModelRaised, match="PermissionError"):
            boxed("resolve", place).predict_proba(wild)


def test_no_program_is_run_and_no_process_hit(boxed, wild, tmp_path):
    with pytest.raises(ModelRaised, match="PermissionError"):
        boxed("run", tmp_path / "touched").predict_proba(wild)
    assert not (tmp_path / "touched").exists()


def test_the_home_folder_is_a_private_one_that_goes_with_the_worker(boxed, rogue, wild):
    for model in (boxed("home"), rogue("home")):
        model.predict_proba(wild)
        home = model._worker.last_words()
        assert home != os.path.expanduser("~")
        assert Path(home, "kept").exists()
        model.close()
        assert not os.path.exists(home)


def test_a_level_that_cannot_be_reached_is_an_error_that_says_what_is_missing(rogue, monkeypatch):
    from modelcheck.models.isolation.conversation import Conversation

    told = {"level": "process", "missing": ["Landlock (Function not implemented)"]}
    ask = Conversation.ask

    def answered(self, header, *rest, **more):
        reply = ask(self, header, *rest, **more)
        return (told, []) if header is not None and "here" in header else reply

    monkeypatch.setattr(Conversation, "ask", answered)
    with pytest.raises(ModelError, match=r'isolation = "sandbox" could not be reached for home.pkl: .*Landlock'):
        rogue("home", "sandbox")
    model = rogue("home")
    assert model.describe().notes == (
        "The model's worker is kept apart without Landlock (Function not implemented): this system refuses it.",
    )
