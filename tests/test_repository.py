"""Promises that the repository makes about itself."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = ['pip install -e ".[example]" && pytest --modelcheck', 'pip install -e ".[dev]" && pytest']


def _texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git work tree")
    texts = {}
    for name in listed.stdout.splitlines():
        try:
            texts[name] = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return texts


def test_readme_shows_the_two_commands_in_fences_of_their_own():
    fences = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    assert [fence.strip() for fence in fences if "pip install" in fence] == COMMANDS


def test_the_readme_s_python_runs_and_ends_as_it_says(capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", readme, flags=re.M | re.S)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["result"].verdict == "promoted"
    assert "PROMOTED" in capsys.readouterr().out


def test_the_readme_s_configuration_is_part_of_the_example_s():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", readme, flags=re.M | re.S)
    whole = tomllib.loads((ROOT / "checks" / "visits" / "modelcheck.toml").read_text(encoding="utf-8"))
    assert _is_part(tomllib.loads(shown), whole)


def _is_part(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    return part == whole


def test_ci_holds_the_readme_to_the_same_two_commands():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(f"'{command}'" in script for command in COMMANDS)


def test_every_daily_command_exists_and_ci_uses_the_same_names():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = set(re.findall(r"^(\w+):", makefile, flags=re.M))
    assert {"check", "fmt", "lint", "types", "layers", "test", "cov", "docs", "report", "bench"} <= names


def test_no_file_names_a_package_registry():
    words = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "index" + "-url"]
    assert [name for name, text in _texts().items() if any(word in text for word in words)] == []


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f'__version__ = "{version}"' in (ROOT / "modelcheck" / "__init__.py").read_text(encoding="utf-8")
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_link_between_the_repository_s_pages_leads_somewhere():
    links = [
        (page.name, target)
        for page in ROOT.glob("*.md")
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    ]
    broken = [link for link in links if "://" not in link[1] and not (ROOT / link[1]).exists()]
    assert len(links) > 5
    assert broken == []


def test_every_layer_named_for_the_import_contracts_exists():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = settings["importlinter"]["contracts"]
    layers = [name.strip() for row in contracts[0]["layers"] for name in row.split("|")]
    for name in layers:
        path = ROOT / "modelcheck" / name
        assert path.is_dir() or path.with_suffix(".py").is_file(), name
