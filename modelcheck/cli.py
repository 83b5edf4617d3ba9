"""The console script ``modelcheck``: thin commands over the same functions that the plugin uses.

Exit codes: 0 done, 1 refused (a file that is there already, a model file that may run code) or, with
``compare --exit-code``, worse or, with ``readiness --at-least``, below it; 2 wrong usage, 4 bad input. The gates
themselves run in pytest: ``pytest --modelcheck``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from modelcheck import __version__
from modelcheck.errors import ModelcheckError

__all__ = ["main"]

DONE, REFUSED, WORSE, BAD_INPUT = 0, 1, 1, 4
_PAGE_WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``modelcheck``; default: those of the process.

    Returns
    -------
    int
        0 done, 1 refused or worse, 4 bad input.

    Raises
    ------
    SystemExit
        With 2 for wrong usage, with 0 after ``--help`` and ``--version``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(scored=any(word.partition("=")[0] == "--score" for word in words)).parse_args(words)
    try:
        return int(options.run(options))
    except ModelcheckError as error:
        _say(f"modelcheck {options.command}: {error}", sys.stderr)
    except OSError as error:
        # The system's own words name the path and the reason; a traceback would add nothing for a user.
        _say(f"modelcheck {options.command}: {error}", sys.stderr)
    return BAD_INPUT


def _parser(*, scored: bool) -> argparse.ArgumentParser:
    """Return the parser; with `scored` the command init takes no MODEL."""
    parser = argparse.ArgumentParser(
        prog="modelcheck",
        description="Gates between a trained model and production. The gates run in pytest: pytest --modelcheck",
        epilog="Exit codes: 0 done, 1 refused or worse, 2 wrong usage, 4 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"modelcheck {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    init = commands.add_parser(
        "init",
        help="write a configuration with its guesses",
        usage="modelcheck init [-h] [--out FILE] [--force] (MODEL | --score COLUMN) DATA",
        allow_abbrev=False,
    )
    # An optional word before a required one would be ambiguous as soon as an option stands between them.
    if not scored:
        init.add_argument("model", metavar="MODEL", help='a model file, "package.module:object" or http address')
    init.add_argument("data", metavar="DATA", help='labelled rows: a file, folder, glob or "package.module:function"')
    init.add_argument("--out", metavar="FILE", default="modelcheck.toml", help="default: %(default)s")
    init.add_argument("--force", action="store_true", help="replace FILE when it is there")
    init.add_argument(
        "--score", metavar="COLUMN", help="instead of MODEL: the column of DATA that holds the predictions"
    )
    init.set_defaults(run=_init, **({"model": None} if scored else {}))

    report = commands.add_parser("report", help="write the pages of a stored record again")
    report.add_argument("record", metavar="RECORD", help="a record.json or its folder")
    report.add_argument("--out", metavar="DIR", help="default: the record's folder")
    report.add_argument("--sarif", action="store_true", help="write report.sarif too: what fails, as SARIF 2.1.0")
    report.add_argument("--model-card", action="store_true", help="write model_card.md too, in Hugging Face's form")
    report.set_defaults(run=_report)

    compare = commands.add_parser("compare", help="tell what changed between two records")
    compare.add_argument("old", metavar="A", help="the older record.json, or its folder")
    compare.add_argument("new", metavar="B", help="the newer one")
    form = compare.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="answer in Markdown")
    form.add_argument("--json", action="store_true", help="answer in JSON, nothing cut")
    compare.add_argument("--out", metavar="FILE", help="write the answer to FILE instead of printing it")
    compare.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 if B is worse: a gate newly stops promotion, or A was promoted and B isn't",
    )
    compare.set_defaults(run=_compare)

    explain = commands.add_parser("explain", help="write a page that explains one decision")
    which = explain.add_mutually_exclusive_group(required=True)
    which.add_argument("--row", type=int, metavar="N", help="position of the row in the dataset, as reports name it")
    which.add_argument("--key", metavar="VALUE", help="the row's key, where [dataset] key names a column")
    explain.add_argument("--config", metavar="FILE", help="default: modelcheck.toml or pyproject.toml in this folder")
    explain.add_argument("--model", metavar="NAME", help="which one, where the configuration lists several")
    explain.add_argument("--out", metavar="FILE", help="default: reports/NAME-row-N.html")
    explain.set_defaults(run=_explain)

    readiness = commands.add_parser("readiness", help="tell the ML Test Score: what is automated, manual and missing")
    readiness.add_argument("record", metavar="RECORD", help="a record.json or its folder")
    readiness.add_argument(
        "--declarations", metavar="FILE", help="a readiness.toml, instead of what the record holds of it"
    )
    form = readiness.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="answer in Markdown")
    form.add_argument("--json", action="store_true", help="answer in JSON, nothing cut")
    readiness.add_argument("--out", metavar="FILE", help="write the answer to FILE instead of printing it")
    readiness.add_argument(
        "--at-least", metavar="N", type=_points, help="exit with 1 if the score is below N, from 0 to 7"
    )
    readiness.set_defaults(run=_readiness)

    inspect = commands.add_parser(
        "inspect",
        help="tell what a model file would import, without loading it",
        epilog="Exit codes: 0 allowed, 1 refused or not analysable, 2 wrong usage, 4 the file can't be read or the "
        "trust file has mistakes.",
    )
    inspect.add_argument("file", metavar="FILE", help="a model file; its content decides what it is, never its name")
    inspect.add_argument(
        "--trust", metavar="FILE", help="a trust file: names that are reviewed; their code is looked for beside it"
    )
    inspect.add_argument("--json", action="store_true", help="print everything as JSON (modelcheck/inspection/1)")
    inspect.set_defaults(run=_inspect)
    return parser


def _init(options: argparse.Namespace) -> int:
    from modelcheck.config.source import PROJECT_FILE, read_source
    from modelcheck.record.store import write_text_atomically
    from modelcheck.scaffold import propose

    out = Path(os.path.abspath(options.out))
    project = out.parent / PROJECT_FILE
    if out.exists() and not options.force:
        _say(
            f"modelcheck init: {options.out} is there already; nothing was written. Replace it with --force.",
            sys.stderr,
        )
        return REFUSED
    if out.name == PROJECT_FILE:
        _say(
            f"modelcheck init: writes a file of its own, not into {PROJECT_FILE}; name another with --out.", sys.stderr
        )
        return REFUSED
    if project.is_file() and read_source(project, out.parent, []) is not None:
        _say(
            f"modelcheck init: {PROJECT_FILE} in that folder holds [tool.modelcheck] already, and one root has one "
            "configuration; nothing was written.",
            sys.stderr,
        )
        return REFUSED
    if not out.parent.is_dir():
        raise ModelcheckError(f"the folder {out.parent} does not exist; make it first or name another with --out.")
    model = _relative(options.model, out.parent) if options.model is not None else None
    proposal = propose(model, _relative(options.data, out.parent), out.parent, score=options.score)
    write_text_atomically(out, proposal.text)
    for warning in proposal.warnings:
        _say(f"modelcheck init: warning: {warning}", sys.stderr)
    if not proposal.asked:
        _say(f"modelcheck init: the model could not be asked; {options.out} says why, beside `model`.", sys.stderr)
    _say(f"Wrote {options.out}. Read its guesses, correct them, then run: pytest --modelcheck", sys.stdout)
    return DONE


def _relative(place: str, folder: Path) -> str:
    """Return a path of the command line (relative to where the user stands) as the configuration spells it."""
    from modelcheck.config.locations import is_local_path

    if not is_local_path(place):
        return place
    try:
        return Path(os.path.relpath(place, folder)).as_posix()
    except ValueError:
        # Another drive of a Windows machine has no relative path.
        return Path(os.path.abspath(place)).as_posix()


def _report(options: argparse.Namespace) -> int:
    from modelcheck.record.store import read_record
    from modelcheck.report import write_reports

    path = Path(options.record)
    if path.is_dir():
        path /= "record.json"
    record = read_record(path)
    folder = Path(options.out) if options.out else path.parent
    folder.mkdir(parents=True, exist_ok=True)
    write_reports(record, folder, sarif=options.sarif, model_card=options.model_card)
    _say(f"Wrote the pages of {path} to {folder}.", sys.stdout)
    return DONE


def _compare(options: argparse.Namespace) -> int:
    from modelcheck.record.store import RECORD_NAME, read_record, write_text_atomically
    from modelcheck.report.comparison import compare, dump_comparison, render_comparison, render_comparison_summary

    paths = [Path(one) / RECORD_NAME if Path(one).is_dir() else Path(one) for one in (options.old, options.new)]
    out = None if options.out is None else Path(options.out)
    if out is not None and any(out.resolve() == path.resolve() for path in paths):
        raise ModelcheckError(f"--out names a record that is to be compared, {out}; nothing was written. Name another.")
    found = compare(*map(read_record, paths))
    if options.json:
        text = dump_comparison(found)
    elif options.markdown:
        text = render_comparison_summary(found)
    elif out is not None:
        text = render_comparison(found, _PAGE_WIDTH)
    else:
        text = render_comparison(found, shutil.get_terminal_size().columns, _colours(sys.stdout))
    if out is None:
        _print(text, sys.stdout)
    else:
        write_text_atomically(out, text)
        _say(f"Wrote {out}.", sys.stdout)
    return WORSE if options.exit_code and found.worse else DONE


def _points(text: str) -> float:
    """Return a score as the command line gives it."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    # A nan is below nothing, so it would pass every record.
    if not 0 <= number <= 7:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 7, not {text!r}")
    return number


def _readiness(options: argparse.Namespace) -> int:
    from modelcheck.config import load_declarations
    from modelcheck.record.readiness import Declaration
    from modelcheck.record.store import RECORD_NAME, read_record, write_text_atomically
    from modelcheck.report.readiness import assess, dump_readiness, render_readiness, render_readiness_summary

    path = Path(options.record)
    if path.is_dir():
        path /= RECORD_NAME
    out = None if options.out is None else Path(options.out)
    read = [path] if options.declarations is None else [path, Path(options.declarations)]
    if out is not None and any(out.resolve() == one.resolve() for one in read):
        raise ModelcheckError(f"--out names what is to be read, {out}; nothing was written. Name another.")
    record = read_record(path)
    declared = None
    if options.declarations is not None:
        declared = [Declaration.of(one) for one in load_declarations(Path(options.declarations))]
    # Who asks now wants to know what holds now; the page of a record tells what held at its run.
    found = assess(record, declared, today=datetime.date.today())
    if options.json:
        text = dump_readiness(found)
    elif options.markdown:
        text = render_readiness_summary(found)
    elif out is not None:
        text = render_readiness(found, _PAGE_WIDTH)
    else:
        text = render_readiness(found, shutil.get_terminal_size().columns, _colours(sys.stdout))
    if out is None:
        _print(text, sys.stdout)
    else:
        write_text_atomically(out, text)
        _say(f"Wrote {out}.", sys.stdout)
    return WORSE if options.at_least is not None and found.score < options.at_least else DONE


def _colours(stream: IO[str]) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _explain(options: argparse.Namespace) -> int:
    from modelcheck.config import load_configs
    from modelcheck.explaining import explain_row, position_of
    from modelcheck.report import write_decision
    from modelcheck.suites.catalog import all_checks

    configs = load_configs(Path.cwd(), [] if options.config is None else [options.config], checks=all_checks())
    known = [one.name for one in configs]
    if options.model is None and len(configs) > 1:
        raise ModelcheckError(f"there are several models; name one with --model: {', '.join(known)}.")
    if options.model is not None and options.model not in known:
        raise ModelcheckError(f"there is no model {options.model[:100]!r}; there is: {', '.join(known)}.")
    config = configs[0] if options.model is None else configs[known.index(options.model)]
    row = options.row if options.key is None else position_of(config, options.key)
    file = Path(options.out) if options.out else Path("reports") / f"{config.name}-row-{row}.html"
    write_decision(explain_row(config, row), file)
    _say(f"Wrote {file}.", sys.stdout)
    return DONE


def _inspect(options: argparse.Namespace) -> int:
    # Nothing heavy may be imported here: what a file would run is to be known in a moment.
    from modelcheck.config.addresses import is_http
    from modelcheck.config.tables import ModelTable
    from modelcheck.config.trust import load_trust
    from modelcheck.errors import ModelError
    from modelcheck.models.facts import look_at
    from modelcheck.models.told import inspection_json, inspection_text

    if is_http(options.file):
        raise ModelError(
            f"{options.file} is the address of a service. What its model's file would run can be told only where the "
            "file is: inspect it there, or download it and name the file."
        )
    trust_file = None if options.trust is None else Path(os.path.abspath(options.trust))
    trust = () if trust_file is None else load_trust(trust_file)
    table = ModelTable(model=options.file, trust_file=options.trust, trust=trust)
    code = None if trust_file is None else trust_file.parent
    facts = look_at("file", table, Path.cwd(), code=code, named=True)
    if facts.inspection is None:
        raise ModelError(facts.unreadable)
    if options.json:
        _say(json.dumps(inspection_json(facts), indent=2, sort_keys=True), sys.stdout)
    else:
        _say(inspection_text(facts), sys.stdout)
    return DONE if facts.inspection.answer == "allowed" else REFUSED


def _say(text: str, stream: IO[str]) -> None:
    """Print text that may hold names from hostile files: no control character reaches the terminal."""
    safe = "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
    _print(f"{safe}\n", stream)


def _print(text: str, stream: IO[str]) -> None:
    """Print text that is harmless already; what the stream's encoding lacks is shown as an escape."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


if __name__ == "__main__":
    raise SystemExit(main())
