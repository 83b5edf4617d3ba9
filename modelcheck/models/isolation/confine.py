"""What a worker takes away from itself before it loads a model. What the system refuses is told, never assumed."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelcheck.models.isolation.landlock import only_these_files
from modelcheck.models.isolation.levels import Limits
from modelcheck.models.isolation.seccomp import no_sockets

__all__ = ["Confined", "confine"]

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_KILL = 9
_MOST_FILE_BYTES = 2 * 2**30
_MOST_PROCESSES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """What a worker could take away from itself.

    Attributes
    ----------
    level : str
        ``process`` or ``sandbox``: what was reached, not what was asked for.
    missing : tuple of str
        What the system refused, in plain words.
    """

    level: str
    missing: tuple[str, ...] = ()


def confine(level: str, limits: Limits, place: Path, readable: Sequence[str] = ()) -> Confined:
    """Give up rights of this process, for good.

    Parameters
    ----------
    level : str
        ``process`` or ``sandbox``.
    limits : Limits
        Memory.
    place : Path
        The folder that a sandbox may still write to; it becomes the working folder.
    readable : sequence of str
        Folders that a sandbox may read, beside libraries.

    Returns
    -------
    Confined
        What was reached: a sandbox needs files out of reach, and the network by one of two ways.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_DIE_WITH_PARENT, _KILL, 0, 0, 0)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, _MOST_FILE_BYTES)
    if limits.memory_bytes is not None:
        _lower(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    if level != "sandbox":
        return Confined(level="process")
    os.chdir(place)
    # In this order: a filter of system calls would also refuse what comes before it.
    network = _no_network(libc)
    if not network:
        _lower(resource.RLIMIT_NPROC, _MOST_PROCESSES)
    files = only_these_files(libc, readable=readable, writable=[str(place)])
    sockets = no_sockets(libc)
    missing = tuple(filter(None, (network, files, sockets)))
    reached = not files and not (network and sockets)
    return Confined(level="sandbox" if reached else "process", missing=missing)


def _lower(which: int, wanted: int) -> None:
    _, most = resource.getrlimit(which)
    least = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(which, (least, least))


def _address_space() -> int:
    """Return what is mapped already: the libraries, most of which is never touched."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 2 * 2**30
    return pages * resource.getpagesize()


def _no_network(libc: ctypes.CDLL) -> str:
    """Move into a network of its own, which has no way out; return what hindered it."""
    uid, gid = os.getuid(), os.getgid()
    if not hasattr(libc, "unshare") or libc.unshare(_NEW_USER | _NEW_NET) != 0:
        return f"a network of its own ({os.strerror(ctypes.get_errno())})"
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as target:
                target.write(text)
    except OSError as error:
        return f"a network of its own ({os.strerror(error.errno or 0)})"
    return ""
