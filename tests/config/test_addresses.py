from __future__ import annotations

import ipaddress

import pytest

from modelcheck.config.addresses import AddressRefused, host_refusal, ip_refusal, parse_address, protocol_of


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "169.254.0.1",
        "169.254.170.2",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "239.255.255.250",
        "ff02::1",
        "0.0.0.0",  # noqa: S104 - it must be refused
        "0.1.2.3",
        "::",
        "255.255.255.255",
        "240.0.0.1",
        # The same places in the clothes of IPv6.
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:5601:5601",
    ],
)
def test_places_that_are_never_asked(text):
    assert ip_refusal(ipaddress.ip_address(text))
    with pytest.raises(AddressRefused, match="Requests never go there"):
        parse_address(f"http://{f'[{text}]' if ':' in text else text}/invocations")


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.8.9.1", "::1", "10.0.0.1", "172.16.0.9", "192.168.1.1", "fd12::1", "8.8.8.8", "2600::1"]
)
def test_this_machine_its_network_and_the_world_may_be_asked(text):
    assert ip_refusal(ipaddress.ip_address(text)) == ""


@pytest.mark.parametrize(
    "name", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data", "metadata.goog"]
)
def test_metadata_services_are_refused_by_name(name):
    assert "metadata" in host_refusal(name)
    with pytest.raises(AddressRefused, match="metadata service"):
        parse_address(f"https://{name}/invocations")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("http://ann:pw@host/invocations", "holds credentials"),
        ("http://ann@host/invocations", "holds credentials"),
        ("http://host/invocations#part", "fragment"),
        ("http://host/a b", "spaces"),
        ("http://host/\r\nHost: evil", "spaces"),
        ("http://host\\@evil/", "backslashes"),
        ("http:///invocations", "no host"),
        ("http://host:0/", "port 0"),
        ("http://host:99999/", "well-formed"),
        ("http://[::1/", "well-formed"),
        ("http://ho$t/", "no name"),
        ("http://host/" + "x" * 3_000, "more than 2,000 letters"),
        ("http://host/ä", "ASCII"),
        ("ftp://host/", "no http"),
        ("https://host/models/income.SKOPS?raw=1", "address of a file"),
    ],
)
def test_addresses_that_cannot_be_used_say_why(text, match):
    with pytest.raises(AddressRefused, match=match):
        parse_address(text)


def test_an_address_is_taken_apart():
    address = parse_address("HTTPS://Models.Example:8443/a/invocations?key=1")
    assert address.origin == ("https", "models.example", 8443)
    assert address.target == "/a/invocations?key=1"
    assert address.name == "models.example:8443/a/invocations"
    assert str(address) == "https://models.example:8443/a/invocations"
    assert parse_address("http://[::1]:80").authority == "[::1]"
    assert parse_address("http://bücher.example/").host == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/invocations", "mlflow"),
        ("/serving/model/invocations/", "mlflow"),
        ("/v2/models/m/infer", "v2"),
        ("/v2/models/m/versions/3/infer", "v2"),
        ("/v2/models/infer", None),
        ("/predict", None),
        ("/myinvocations", None),
    ],
)
def test_the_path_tells_the_protocol(path, protocol):
    assert protocol_of(parse_address(f"http://host{path}")) == protocol
