"""Proxies that the environment names; used only where the configuration says so."""

from __future__ import annotations

import socket
import urllib.request
from base64 import b64encode
from urllib.parse import unquote, urlsplit

from modelcheck.config.addresses import Address
from modelcheck.models.http.failures import Failure

__all__ = ["Proxy", "proxy_for", "to_proxy"]


class Proxy:
    """A proxy that the environment names.

    Parameters
    ----------
    host, port
        Where it listens.
    credentials : str
        ``user:password``, or empty.
    """

    def __init__(self, host: str, port: int, credentials: str = "") -> None:
        self.host = host
        self.port = port
        self.headers = (
            {"Proxy-Authorization": "Basic " + b64encode(credentials.encode()).decode()} if credentials else {}
        )


def proxy_for(address: Address) -> Proxy | None:
    """Return the proxy of the environment for an address, or None where it names none.

    Raises
    ------
    Failure
        It names one that isn't http.
    """
    named = urllib.request.getproxies().get(address.scheme)
    if not named or urllib.request.proxy_bypass(address.authority):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    if parts.scheme != "http" or not parts.hostname:
        raise Failure(f"can't be reached: the environment's proxy is {parts.scheme or 'no'} proxy; http ones are used")
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Proxy(parts.hostname, parts.port or 80, login)


def to_proxy(proxy: Proxy, seconds: float) -> socket.socket:
    """Connect to what the user's own environment names; only the declared target is held against the rules."""
    try:
        return socket.create_connection((proxy.host, proxy.port), seconds)
    except OSError as error:
        raise Failure(
            f"can't be reached: no connection to the proxy of the environment ({error})", again=True
        ) from error
