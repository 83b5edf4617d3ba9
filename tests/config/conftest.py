from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelcheck.config import Config, load_configs
from modelcheck.errors import ConfigError, Mistake
from modelcheck.suites.catalog import all_checks

BASE = """
[candidate]
model = "model.skops"
task = "binary"
[dataset]
path = "rows.csv"
target = "y"
protected = ["sex", "race", ["sex", "race"]]
"""


class Project:
    """A folder with a model file and a table, in which tests write configurations."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("model.skops", "")
        self.write("rows.csv", "y,sex,race\n")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, *files: str, **options: object) -> tuple[Config, ...]:
        return load_configs(self.root, files, checks=all_checks(), **options)

    def config(self, text: str) -> Config:
        """The one configuration of `text` as modelcheck.toml."""
        self.write("modelcheck.toml", text)
        (config,) = self.load()
        return config

    def mistakes(self, text: str | None = None, *files: str, **options: object) -> tuple[Mistake, ...]:
        if text is not None:
            self.write("modelcheck.toml", text)
        with pytest.raises(ConfigError) as caught:
            self.load(*files, **options)
        return caught.value.mistakes

    def mistake(self, text: str, **options: object) -> Mistake:
        """The only mistake of `text`."""
        found = self.mistakes(text, **options)
        assert len(found) == 1, [str(one) for one in found]
        return found[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def base() -> str:
    return BASE


@pytest.fixture
def with_key(base: str) -> Callable[[str, str], str]:
    """The base configuration with a line added to one of its tables, or replacing the line of the same key."""

    def change(table: str, line: str) -> str:
        key = line.partition("=")[0].strip()
        lines: list[str] = []
        inside = False
        for old in base.splitlines():
            if inside and old.partition("=")[0].strip() == key:
                continue
            lines.append(old)
            if old.startswith("["):
                inside = old == f"[{table}]"
                if inside:
                    lines.append(line)
        return "\n".join(lines) if table else f"{line}\n{base}"

    return change
