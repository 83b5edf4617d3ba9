"""Addresses of served models: which may be named, what they are called, and which no request ever goes to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

__all__ = ["Address", "AddressRefused", "host_refusal", "ip_refusal", "is_http", "parse_address", "protocol_of"]

_HTTP = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_V2 = re.compile(r"/v2/models/[^/]+(?:/versions/[^/]+)?/infer/?")
_INVOCATIONS = re.compile(r"(?:.*/)?invocations/?", re.DOTALL)
_FILE = re.compile(
    r"\.(?:skops|pkl|pickle|joblib|onnx|keras|h5|pt|pth|safetensors|cbm|ubj|npz|zip|tar|gz)$", re.IGNORECASE
)
_LONGEST = 2_000

# Where clouds hand a machine its own credentials. What isn't link-local is listed one by one.
_METADATA_NAMES = frozenset(
    (
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "metadata.azure.com"),
        *("instance-data", "instance-data.ec2.internal", "metadata.packet.net", "metadata.platformequinix.com"),
    )
)
_METADATA = tuple(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "fd20:ce::254", "fd00:42::42", "100.100.100.200", "192.0.0.192", "168.63.129.16")
)
# Forms in which an IPv6 address carries one of IPv4, with the place of its four bytes counted from the right.
_CARRIERS = (
    (ipaddress.ip_network("::ffff:0:0/96"), 0),
    (ipaddress.ip_network("::/96"), 0),
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("64:ff9b:1::/48"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(ValueError):
    """An address that can't be used; the text says why and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One http or https address, taken apart.

    Attributes
    ----------
    scheme : str
        ``http`` or ``https``.
    host : str
        In lower case, without brackets.
    port : int
        Named or the scheme's own.
    target : str
        Path and query as they are sent; it starts with ``/``.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must stay the same for a redirect to be followed."""
        return self.scheme, self.host, self.port

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` header has them; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"

    @property
    def name(self) -> str:
        """Host and path: what pages call the service. A query may hold a key, so it isn't part of it."""
        return f"{self.authority}{self.path}"

    def at(self, target: str) -> Address:
        """Return another target of the same origin."""
        return Address(scheme=self.scheme, host=self.host, port=self.port, target=target)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.name}"


def is_http(text: str) -> bool:
    """Return whether a text is meant as the address of a service.

    Examples
    --------
    >>> is_http("https://models.example/invocations"), is_http("s3://bucket/model.skops")
    (True, False)
    """
    return bool(_HTTP.match(text))


def parse_address(text: str) -> Address:
    """Take an address apart.

    Parameters
    ----------
    text : str
        As the user wrote it.

    Returns
    -------
    Address
        Nothing was looked up.

    Raises
    ------
    AddressRefused
        It has another scheme, holds credentials, isn't well-formed, or names a place that is never asked.

    Examples
    --------
    >>> parse_address("http://127.0.0.1:5000/invocations").name
    '127.0.0.1:5000/invocations'
    """
    if not is_http(text):
        raise AddressRefused("is no http or https address.")
    if len(text) > _LONGEST or any(letter <= " " or letter == "\x7f" or letter == "\\" for letter in text):
        raise AddressRefused(
            f"is no address: it holds spaces, control characters or backslashes, or more than {_LONGEST:,} letters."
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused(f"is no well-formed address ({error}).") from None
    if "@" in parts.netloc:
        raise AddressRefused(
            "holds credentials before the @; a secret doesn't belong in a file. Put the header's value into an "
            'environment variable and name it: headers_from = { Authorization = "Basic MODEL_LOGIN" } under http.'
        )
    if parts.fragment:
        raise AddressRefused("holds a fragment (#...), which is never sent; leave it out.")
    if port == 0 or not host:
        raise AddressRefused("names no host or the port 0; write http://HOST:PORT/PATH.")
    literal = ip_of(host)
    if literal is None:
        try:
            host = host.encode("idna").decode("ascii") if not host.isascii() else host
        except UnicodeError:
            host = ""
        if not _HOST.fullmatch(host):
            raise AddressRefused(
                "names a host that is no name and no address of the internet; write http://HOST:PORT/PATH."
            )
    reason = host_refusal(host)
    if reason:
        raise AddressRefused(f"{reason}. Requests never go there, whatever is declared.")
    if _FILE.search(parts.path):
        raise AddressRefused(
            "is the address of a file, not of a service that answers. Download it and name the file, so that it can be "
            "inspected first."
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise AddressRefused("holds letters beyond ASCII in its path; write them percent-encoded.")
    scheme = parts.scheme.lower()
    return Address(scheme=scheme, host=host, port=port or {"http": 80, "https": 443}[scheme], target=target)


def protocol_of(address: Address) -> str | None:
    """Return the protocol that a path tells, or None.

    Examples
    --------
    >>> protocol_of(parse_address("http://localhost:8080/v2/models/income/infer"))
    'v2'
    """
    if _V2.fullmatch(address.path):
        return "v2"
    return "mlflow" if _INVOCATIONS.fullmatch(address.path) else None


def ip_of(host: str) -> IP | None:
    """Return the address that a host is, or None where it is a name."""
    try:
        return ipaddress.ip_address(unquote(host))
    except ValueError:
        return None


def host_refusal(host: str) -> str:
    """Return why a host is never asked; empty where it may be."""
    if host.lower().rstrip(".") in _METADATA_NAMES:
        return "names a metadata service, which hands out a machine's credentials"
    found = ip_of(host)
    return "" if found is None else ip_refusal(found)


def ip_refusal(address: IP) -> str:
    """Return why an address is never asked; empty where it may be.

    Parameters
    ----------
    address : IPv4Address or IPv6Address
        After names were looked up. Loopback and private ones are allowed: a container on this machine is usual.

    Examples
    --------
    >>> ip_refusal(ipaddress.ip_address("127.0.0.1")), ip_refusal(ipaddress.ip_address("::ffff:169.254.169.254"))
    ('', 'is a link-local address (169.254.169.254)')
    """
    inner = _carried(address)
    if inner is not None:
        return ip_refusal(inner)
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        address = ipaddress.IPv6Address(int(address))
    if address in _METADATA:
        return f"is a metadata service ({address}), which hands out a machine's credentials"
    if address.is_link_local:
        return f"is a link-local address ({address})"
    if address.is_multicast:
        return f"is a multicast address ({address})"
    if address.is_unspecified or (isinstance(address, ipaddress.IPv4Address) and address in _THIS_NETWORK):
        return f"is the unspecified address ({address})"
    if address.is_loopback:
        return ""
    if address.is_reserved or (isinstance(address, ipaddress.IPv6Address) and address in _SITE_LOCAL):
        return f"is a reserved address ({address})"
    return ""


def _carried(address: IP) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address inside one of IPv6: gateways send what arrives for the one to the other."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    number = int(address)
    for network, shift in _CARRIERS:
        if ipaddress.IPv6Address(number) in network and number > 1:
            return ipaddress.IPv4Address((number >> shift) & 0xFFFFFFFF)
    teredo = ipaddress.IPv6Address(number).teredo
    return None if teredo is None else teredo[1]
