"""A name is looked up once for a connection, and what it leads to is checked before anything is sent."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.http import load_served

QUICK = HttpTable(
    protocol="json", request='{"rows": $rows}', connect_timeout=1.0, timeout=2.0, total_timeout=3.0, retries=1, batch=8
)


def answers(*addresses):
    """What the resolver says, whatever is asked."""

    def look_up(host, port, *_, **__):
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    return look_up


def model_at(host, port, http=QUICK, scheme="http"):
    address = f"{scheme}://{host}:{port}/score"
    return load_served(ModelTable(model=address, output="probability", classes=("no", "yes"), http=http))


@pytest.mark.parametrize(
    "found",
    [
        ["169.254.169.254"],
        ["fe80::1"],
        ["fd00:ec2::254"],
        ["0.0.0.0"],  # noqa: S104 - it must be refused
        ["::ffff:169.254.169.254"],
        # One allowed address beside it doesn't help.
        ["127.0.0.1", "169.254.169.254"],
    ],
)
def test_a_name_that_leads_to_a_refused_place_is_refused(odd, answer, rows, monkeypatch, found):
    server = odd(lambda *_: answer({"predictions": [0.5] * 8}))
    monkeypatch.setattr("socket.getaddrinfo", answers(*found))
    with pytest.raises(ModelError, match=r"was not asked: the host models\.example is .*Requests never go there"):
        model_at("models.example", server.port).predict_proba(rows.head(8))
    assert not server.requests


@pytest.mark.parametrize("host", ["2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376"])
def test_other_spellings_of_a_number_lead_nowhere_else(rows, host):
    # The system reads them as 169.254.169.254, or not at all.
    with pytest.raises(ModelError, match=r"link-local|not known here|was not asked|no name"):
        model_at(host, 80).predict_proba(rows.head(8))


def test_the_connection_goes_to_the_address_that_was_checked(odd, answer, rows, monkeypatch):
    server = odd(lambda *_: answer({"predictions": [0.5] * 8}))
    asked = []

    def rebinding(host, port, *_, **__):
        asked.append(host)
        # The first answer is harmless; whoever looks up again is led to the metadata.
        return answers("127.0.0.1" if len(asked) == 1 else "169.254.169.254")(host, port)

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    model = model_at("models.example", server.port)
    assert (model.predict_proba(rows.head(8)) == 0.5).all()
    assert asked == ["models.example"]
    assert server.posts[0][2]["host"] == f"models.example:{server.port}"
    # A new connection is checked anew.
    model.close()
    with pytest.raises(ModelError, match="link-local"):
        model.predict_proba(rows.head(8))
    assert len(server.posts) == 1


def test_the_next_address_is_tried_where_one_takes_no_connection(odd, answer, rows, monkeypatch):
    server = odd(lambda *_: answer({"predictions": [0.5] * 8}))
    monkeypatch.setattr("socket.getaddrinfo", answers("::1", "127.0.0.1"))
    assert (model_at("models.example", server.port).predict_proba(rows.head(8)) == 0.5).all()


def test_a_resolver_that_never_answers_ends(rows, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    with pytest.raises(ModelError, match="was not looked up within"):
        model_at("models.example", 80, replace(QUICK, connect_timeout=0.2, retries=0)).predict_proba(rows.head(8))


def test_a_name_that_nobody_knows_is_said(rows, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(ModelError, match=r"the name models\.example is not known here"):
        model_at("models.example", 80).predict_proba(rows.head(8))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=models.example"),
            *("-addext", "subjectAltName=DNS:models.example", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl makes the certificate of this test, and it isn't there")
    return folder


@pytest.fixture
def https_port(certificate):
    class Halves(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"predictions": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]}')

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = Quiet(("127.0.0.1", 0), Halves)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_that_nobody_vouches_for_is_refused(https_port, rows, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", answers("127.0.0.1"))
    with pytest.raises(ModelError, match=r"certificate that can't be verified .*SSL_CERT_FILE"):
        model_at("models.example", https_port, scheme="https").predict_proba(rows.head(8))


def test_https_goes_through_a_declared_proxy_still_verified(certificate, https_port, rows, monkeypatch):
    asked = []

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self):
            stream = self.request.makefile("rb", buffering=0)
            asked.append(stream.readline())
            while stream.readline().strip():
                pass
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
            with socket.create_connection(("127.0.0.1", https_port)) as other:
                back = threading.Thread(target=self._copy, args=(other, self.request), daemon=True)
                back.start()
                self._copy(self.request, other)
                back.join(5)

        def _copy(self, source, sink):
            with contextlib.suppress(OSError):
                while part := source.recv(1 << 16):
                    sink.sendall(part)
                sink.shutdown(socket.SHUT_WR)

    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel)
    proxy.daemon_threads, proxy.block_on_close = True, False
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
    through = replace(QUICK, proxy=True)
    try:
        # The proxy looks the name up, so that it isn't known here doesn't matter; who answers must prove who it is.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        model = model_at("models.example", 8443, through, scheme="https")
        assert (model.predict_proba(rows.head(8)) == 0.5).all()
        assert asked == [b"CONNECT models.example:8443 HTTP/1.1\r\n"]
        with pytest.raises(ModelError, match="certificate that can't be verified"):
            model_at("other.example", 8443, through, scheme="https").predict_proba(rows.head(8))
        with pytest.raises(ModelError, match="metadata service"):
            model_at("metadata.google.internal", 443, through, scheme="https")
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


def test_a_certificate_of_ones_own_authority_is_taken_for_its_name_alone(certificate, https_port, rows, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", answers("127.0.0.1"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    assert (model_at("models.example", https_port, scheme="https").predict_proba(rows.head(8)) == 0.5).all()
    with pytest.raises(ModelError, match=r"certificate that can't be verified .*mismatch"):
        model_at("other.example", https_port, scheme="https").predict_proba(rows.head(8))
