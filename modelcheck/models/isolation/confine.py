"""What a worker takes away from itself before it loads a model. What the system refuses is told, never assumed."""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass

from modelcheck.models.isolation.levels import Limits

__all__ = ["Confined", "confine"]

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_KILL = 9


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


def confine(level: str, limits: Limits) -> Confined:
    """Give up rights of this process, for good.

    Parameters
    ----------
    level : str
        ``process`` or ``sandbox``.
    limits : Limits
        Memory.

    Returns
    -------
    Confined
        What was reached.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_DIE_WITH_PARENT, _KILL, 0, 0, 0)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    if level != "sandbox":
        return Confined(level="process")
    missing = tuple(filter(None, (_no_network(libc),)))
    return Confined(level="process" if missing else "sandbox", missing=missing)


def _no_network(libc: ctypes.CDLL) -> str:
    """Move into a network of its own, which has no way out; return what hindered it."""
    uid, gid = os.getuid(), os.getgid()
    if not hasattr(libc, "unshare") or libc.unshare(_NEW_USER | _NEW_NET) != 0:
        return f"a network of its own ({os.strerror(ctypes.get_errno())})"
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as target:
            target.write(text)
    return ""
