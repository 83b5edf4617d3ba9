"""What can go wrong between two machines, told apart by whether asking again may help."""

from __future__ import annotations

__all__ = ["BrokenOff", "Failure", "excerpt"]

_SHOWN = 160


class Failure(Exception):
    """A request that brought no answer.

    Parameters
    ----------
    text : str
        What happened, without the address, e.g. ``answered 503 Service Unavailable``.
    again : bool
        Whether the same request may succeed later.
    wait : float or None
        Seconds that the service asks to wait.
    by_rows : bool
        Whether the service may have refused these rows, rather than everything.
    """

    def __init__(self, text: str, *, again: bool = False, wait: float | None = None, by_rows: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.again = again
        self.wait = wait
        self.by_rows = by_rows


class BrokenOff(Failure):
    """Nobody waits for this answer any more."""


def excerpt(body: bytes | str, secrets: tuple[str, ...] = ()) -> str:
    r"""Return the first words of what a service sent, on one line, inert, and without the secrets that it was sent.

    Parameters
    ----------
    body : bytes or str
        Anything.
    secrets : tuple of str
        Values of headers; a service may echo them.

    Examples
    --------
    >>> excerpt(b"<html>\n  <b>Sign in</b>")
    '<html> <b>Sign in</b>'
    """
    # Secrets go first: cut in two they would not be found.
    text = body[:65_536].decode("utf-8", "replace") if isinstance(body, bytes) else body[:65_536]
    for secret in secrets:
        text = text.replace(secret, "***")
    words = " ".join(text[: 4 * _SHOWN].split())
    safe = "".join(letter if letter.isprintable() else "?" for letter in words)
    return safe if len(safe) <= _SHOWN else f"{safe[:_SHOWN]}..."
