"""From a host to the addresses that a connection is made to: looked up once for each, and checked before it."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence

from modelcheck.config.addresses import host_refusal, ip_refusal
from modelcheck.models.http.failures import Failure

__all__ = ["connect_to", "resolved"]


def resolved(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """Look a host up and return its addresses, all of which may be asked.

    Parameters
    ----------
    host : str
        A name or an address.
    port : int
        Of the service.
    seconds : float
        How long to wait for the system's resolver, which knows no limit of its own.

    Returns
    -------
    tuple of str
        Numeric addresses. The connection is made to one of these, so that a second look-up can't lead elsewhere.

    Raises
    ------
    Failure
        The name is unknown, or one of its addresses is never asked: a name with an allowed and a refused address is
        refused as a whole.
    """
    reason = host_refusal(host)
    if reason:
        raise Failure(f"was not asked: the host {host} {reason}")
    found: list[str] = []
    for text in _looked_up(host, port, seconds):
        try:
            reason = ip_refusal(ipaddress.ip_address(text))
        except ValueError:
            reason = f"has an address of another kind ({text[:60]})"
        if reason:
            raise Failure(f"was not asked: the host {host} {reason}. Requests never go there, whatever is declared")
        found.append(text)
    return tuple(dict.fromkeys(found))


def connect_to(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """Return a connection to the first of some checked addresses that takes one.

    Raises
    ------
    Failure
        None does within `seconds` each.
    """
    last = "no address"
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(seconds)
            sock.connect((address, port))
            # Small requests go out at once instead of waiting for company.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError:
            sock.close()
            last = f"no connection within {seconds:g} s"
        except OSError as error:
            sock.close()
            last = error.strerror or type(error).__name__
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise Failure(f"can't be reached ({last})", again=True)


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    answer: list[str] = []
    trouble: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answer.extend(str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            trouble.append(error)

    # A daemon, so that a resolver which never comes back doesn't keep the process alive.
    asking = threading.Thread(target=ask, name="modelcheck-resolver", daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise Failure(f"can't be reached: the name {host} was not looked up within {seconds:g} s", again=True)
    if trouble or not answer:
        why = trouble[0] if trouble else "no address"
        temporary = isinstance(why, socket.gaierror) and why.errno == socket.EAI_AGAIN
        text = why.strerror if isinstance(why, OSError) else str(why)
        raise Failure(f"can't be reached: the name {host} is not known here ({text})", again=temporary)
    return answer
