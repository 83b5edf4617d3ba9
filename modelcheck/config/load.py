"""From a root directory or a list of files to validated configurations; every mistake of every file at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from modelcheck.config.assembly import assemble, available_suites, suite_problem
from modelcheck.config.fields import Fields
from modelcheck.config.known_checks import CheckLike
from modelcheck.config.source import OWN_FILE, PROJECT_FILE, Source, absolute, label_of, read_source
from modelcheck.config.tables import PROFILES, Config
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.words import VALUE_SYNONYMS, did_you_mean, listed
from modelcheck.errors import ConfigError, Mistake

__all__ = ["NoConfiguration", "load_configs"]

_COMMAND = "command line"


class NoConfiguration(ConfigError):
    """No configuration was found at all: neither a modelcheck.toml nor ``[tool.modelcheck]``.

    Parameters
    ----------
    rootdir : Path
        The folder that was searched.
    """

    def __init__(self, rootdir: Path) -> None:
        self.rootdir = rootdir
        problem = f"no {OWN_FILE}, and no [tool.modelcheck] in a {PROJECT_FILE}."
        super().__init__([Mistake(file=str(rootdir), problem=problem, hint="modelcheck init MODEL DATA writes one.")])


def load_configs(
    rootdir: Path,
    files: Sequence[str] = (),
    *,
    checks: Sequence[CheckLike],
    profile: str | None = None,
    suites: Sequence[str] = (),
) -> tuple[Config, ...]:
    """Find, read and validate the configurations of one run.

    Without `files` the configuration is ``modelcheck.toml`` in `rootdir`, else ``[tool.modelcheck]`` in its
    ``pyproject.toml``. A file holds one model, or only ``configs``: a list of
    files, relative to it, that hold one each.

    Parameters
    ----------
    rootdir : Path
        Root directory of the run.
    files : sequence of str
        Configuration files instead, relative to `rootdir` or absolute. A file named ``pyproject.toml`` is read at
        ``[tool.modelcheck]``, any other as a modelcheck.toml.
    checks : sequence of CheckLike
        Every check that exists, e.g. ``modelcheck.suites.catalog.all_checks()``.
    profile : str, optional
        ``dev``, ``ci`` or ``release``; replaces the files' own.
    suites : sequence of str
        Shrinks the files' own suites to these.

    Returns
    -------
    tuple of Config
        At least one, in the order in which they were listed, with distinct names.

    Raises
    ------
    NoConfiguration
        There is no configuration.
    ConfigError
        There are mistakes; the error carries all of them.
    """
    mistakes: list[Mistake] = []
    sources = _find(rootdir, files, mistakes)
    if not sources and not mistakes:
        raise NoConfiguration(rootdir)
    configs = [assemble(source, checks=checks, mistakes=mistakes) for source in sources]
    _check_names(configs, mistakes)
    _check_command(configs, available_suites(checks), profile, suites, mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(
        replace(
            config,
            profile=profile or config.profile,
            suites=tuple(suite for suite in config.suites if suite in suites) if suites else config.suites,
            suites_named=bool(suites) or config.suites_named,
        )
        for config in configs
    )


def _find(rootdir: Path, files: Sequence[str], mistakes: list[Mistake]) -> list[Source]:
    """Return the files that hold one model each."""
    found: list[Source] = []
    if files:
        found = [source for name in files if (source := _read_named(absolute(name, rootdir), rootdir, mistakes))]
    else:
        own, project = (absolute(name, rootdir) for name in (OWN_FILE, PROJECT_FILE))
        present = [file for file in (own, project) if os.path.exists(file)]
        found = [source for file in present if (source := read_source(file, rootdir, mistakes)) is not None]
        if len(found) > 1:
            mistakes.append(
                Mistake(
                    file=found[0].label,
                    problem=f"stands beside [tool.modelcheck] in {found[1].label}; one root has one configuration.",
                    hint=f"Keep one of them, or list several files as configs = [...] in {found[0].label}.",
                )
            )
            del found[1:]
    models: list[Source] = []
    for source in found:
        models.extend(_expand(source, rootdir, mistakes) if "configs" in source.values else [source])
    return _without_repetition(models, mistakes)


def _expand(source: Source, rootdir: Path, mistakes: list[Mistake]) -> list[Source]:
    """Return the files that a list names; the list itself describes no model."""
    fields = Fields(source.values, file=source.label, section=source.section, mistakes=mistakes)
    listed_files = fields.texts("configs")
    if source.values["configs"] == []:
        fields.wrong("configs", "is empty; name at least one configuration file.")
    fields.close(
        advice=dict.fromkeys(source.values, "Each listed file describes one model; move this there."), synonyms={}
    )
    models: list[Source] = []
    for name in listed_files:
        file = absolute(name, source.file.parent)
        if not os.path.isfile(file):
            what = "is a folder" if os.path.isdir(file) else "does not exist"
            near = os.path.join(name, OWN_FILE)
            hint = f"Did you mean {toml_value(near)}?" if os.path.isfile(file / OWN_FILE) else ""
            shown = shorten(toml_value(label_of(file, rootdir)), 200)
            fields.wrong("configs", f"names {shown}, which {what}; paths are relative to {source.label}.", hint)
            continue
        inner = _read_named(file, rootdir, mistakes)
        if inner is None:
            continue
        if "configs" in inner.values:
            text = f"is listed in {source.label} and lists files itself; lists go one level deep."
            Fields(inner.values, file=inner.label, section=inner.section, mistakes=mistakes).wrong("configs", text)
        else:
            models.append(inner)
    return models


def _read_named(file: Path, rootdir: Path, mistakes: list[Mistake]) -> Source | None:
    """Read a file that somebody named, so that holding no configuration is a mistake too."""
    before = len(mistakes)
    source = read_source(file, rootdir, mistakes)
    if source is None and len(mistakes) == before:
        mistakes.append(Mistake(file=label_of(file, rootdir), problem="has no [tool.modelcheck] table."))
    return source


def _without_repetition(sources: Sequence[Source], mistakes: list[Mistake]) -> list[Source]:
    seen: dict[str, Source] = {}
    for source in sources:
        place = os.path.realpath(source.file)
        if place in seen:
            mistakes.append(Mistake(file=source.label, problem="is given twice; name each configuration once."))
        seen.setdefault(place, source)
    return list(seen.values())


def _check_names(configs: Sequence[Config], mistakes: list[Mistake]) -> None:
    seen: dict[str, Config] = {}
    for config in configs:
        # Names become folders of the reports, and some file systems know no capital letters.
        first = seen.setdefault(config.name.lower(), config)
        if first is not config:
            mistakes.append(
                Mistake(
                    file=config.label,
                    section=config.prefix.rstrip("."),
                    key="name",
                    value=toml_value(config.name),
                    problem=f"is the name of {first.label} already; names tell models and report folders apart, "
                    "capitals alone do not.",
                    hint="Give each file a name = ... of its own.",
                )
            )


def _check_command(
    configs: Sequence[Config],
    available: Sequence[str],
    profile: str | None,
    suites: Sequence[str],
    mistakes: list[Mistake],
) -> None:
    if profile is not None and profile not in PROFILES:
        mistakes.append(
            Mistake(
                file=_COMMAND,
                key="--modelcheck-profile",
                value=shorten(toml_value(profile)),
                problem=f"must be {listed(PROFILES)}.",
                hint=did_you_mean(profile, PROFILES, VALUE_SYNONYMS),
            )
        )
    known = True
    for suite in suites:
        problem, hint = suite_problem(suite, available)
        if problem:
            known = False
            mistakes.append(Mistake(file=_COMMAND, key="--modelcheck-suite", problem=problem, hint=hint))
    if known and suites and not mistakes and not any(suite in config.suites for config in configs for suite in suites):
        mistakes.append(
            Mistake(
                file=_COMMAND,
                key="--modelcheck-suite",
                value=shorten(toml_value(list(suites))),
                problem="leaves nothing to run: no configuration's `suites` has it.",
            )
        )
