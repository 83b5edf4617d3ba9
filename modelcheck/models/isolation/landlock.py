"""Files out of reach by Landlock, the Linux security module that a process can use on itself without any right."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

__all__ = ["only_these_files"]

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PATH_BENEATH, _VERSION = 1, 1
_EXECUTE, _WRITE, _READ, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
# By version of the interface: all rights on files, on the network (TCP), and what may be reached outside the sandbox
# (abstract sockets, signals).
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_MOST_FILE_BITS = 16
_TCP, _SCOPES = 0b11, 0b11

_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/opt",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/fonts",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel",
    "/proc/sys/vm",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)
_WRITABLE_DEVICES = ("/dev/null",)


def only_these_files(libc: ctypes.CDLL, *, readable: Sequence[str], writable: Sequence[str]) -> str:
    """Keep this process from all files but some, for good; from TCP too where the kernel can.

    Parameters
    ----------
    libc : CDLL
        With ``use_errno``.
    readable : sequence of str
        Folders and files, beside the libraries of Python and the system. Nothing can be run from any of them.
    writable : sequence of str
        Folders that may be changed.

    Returns
    -------
    str
        What hindered it; empty where nothing did.
    """
    libc.syscall.restype = ctypes.c_long
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return f"Landlock ({os.strerror(ctypes.get_errno())})"
    rights = (1 << _FILE_BITS.get(version, _MOST_FILE_BITS)) - 1
    fields = [rights] + [_TCP] * (version >= 4) + [_SCOPES] * (version >= 6)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return f"Landlock ({os.strerror(ctypes.get_errno())})"
    try:
        look = rights & (_READ | _READ_DIR)
        for place in dict.fromkeys([*_SYSTEM, *_libraries(), *readable]):
            _allow(libc, rules, place, look)
        for place in writable:
            _allow(libc, rules, place, rights & ~_EXECUTE)
        for place in _WRITABLE_DEVICES:
            _allow(libc, rules, place, rights & (_READ | _WRITE | _TRUNCATE))
        if libc.syscall(_RESTRICT, rules, 0) != 0:
            return f"Landlock ({os.strerror(ctypes.get_errno())})"
    finally:
        os.close(rules)
    return ""


def _libraries() -> list[str]:
    """Return where Python and its packages lie, and each place that the run imports from."""
    bases = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *sys.path]
    package = str(Path(__file__).resolve().parents[2])
    return [place for place in (*bases, package) if place and os.path.isabs(place) and os.path.exists(place)]


def _allow(libc: ctypes.CDLL, rules: int, place: str, rights: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what isn't there needs no right
    try:
        if not os.path.isdir(place):
            rights &= _EXECUTE | _WRITE | _READ | _TRUNCATE
        rule = struct.pack("=Qi", rights, descriptor)
        libc.syscall(_ADD, rules, _PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
