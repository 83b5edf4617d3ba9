"""System calls that no model needs, refused by a filter that a process can put on itself."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

__all__ = ["no_sockets"]

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in what a filter is shown
_ACCESS_DENIED = 13

# The audit number of the architecture, and: socket, ptrace, mount, umount, pivot_root, chroot, kexec_load, add_key,
# request_key, keyctl, unshare, perf_event_open, setns, process_vm_readv, process_vm_writev, bpf, userfaultfd, and what
# has one number everywhere: io_uring (three calls), pidfd_getfd, the newer ways to mount.
_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)
_BY_MACHINE = {
    "x86_64": (0xC000003E, (41, 101, 165, 166, 155, 161, 246, 248, 249, 250, 272, 298, 308, 310, 311, 321, 323)),
    "aarch64": (0xC00000B7, (198, 117, 40, 39, 41, 51, 104, 217, 218, 219, 97, 241, 268, 270, 271, 280, 282)),
}
_OTHER_NUMBERS = 0x40000000  # x86-64's second set of numbers for the same calls


def no_sockets(libc: ctypes.CDLL) -> str:
    """Refuse new sockets, a look into other processes, mounts and the like, for good.

    Parameters
    ----------
    libc : CDLL
        With ``use_errno``.

    Returns
    -------
    str
        What hindered it; empty where nothing did.
    """
    known = _BY_MACHINE.get(platform.machine())
    if known is None or not hasattr(libc, "prctl"):
        return f"a filter of system calls (none is known for {platform.machine()})"
    architecture, numbers = known
    program = _program(architecture, (*numbers, *_EVERYWHERE))
    buffer = ctypes.create_string_buffer(program, len(program))
    # The number of instructions, and where they lie.
    told = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(_SET_SECCOMP, _FILTER, told, 0, 0) != 0:
        return f"a filter of system calls ({os.strerror(ctypes.get_errno())})"
    return ""


def _program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    count = len(numbers)
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, count + 1, 0, _OTHER_NUMBERS),
        *((_EQUAL, count - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE | _ACCESS_DENIED),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
