"""A taken port: a default moves, a configured one is an error that says what to do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import msgspec
import pytest

from server.config import Config, ConfigError
from server.embedded.places import next_free_port
from server.ports import choose_ports
from tests.architecture.tree import ROOT


def test_free_ports_are_kept() -> None:
    wanted, _moved = choose_ports(Config(http_port=next_free_port(20_100), ws_port=next_free_port(20_400)))
    assert choose_ports(wanted) == (wanted, [])


def test_taken_default_port_moves_to_the_next_and_is_said() -> None:
    with socket.create_server(("127.0.0.1", next_free_port(21_000))) as listener:
        port = listener.getsockname()[1]
        chosen, moved = choose_ports(Config(http_port=port))
        assert chosen.http_port > port
        assert re.search(rf"{port} is taken by .*process {os.getpid()}.*CROUPIER_HTTP_PORT", moved[0])


def test_taken_configured_port_is_an_error_naming_owner_and_variable() -> None:
    with socket.create_server(("127.0.0.1", next_free_port(22_000))) as listener:
        port = listener.getsockname()[1]
        config = Config(http_port=port, explicit=frozenset({"http_port"}))
        with pytest.raises(ConfigError, match=rf"{port} is taken.*process {os.getpid()}.*CROUPIER_HTTP_PORT"):
            choose_ports(config)


def test_gateways_get_ports_in_a_row() -> None:
    first = next_free_port(23_000)
    with socket.create_server(("127.0.0.1", first + 1)):
        chosen, _moved = choose_ports(Config(ws_port=first, gateways=3))
        assert chosen.ws_port >= first + 2


def test_two_settings_naming_one_port_do_not_collide() -> None:
    port = next_free_port(24_000)
    chosen, _moved = choose_ports(Config(http_port=port, ws_port=port))
    assert chosen.http_port != chosen.ws_port


def test_taken_configured_dashboard_port_is_an_error_naming_its_variable() -> None:
    with socket.create_server(("127.0.0.1", next_free_port(26_000))) as listener:
        config = Config(dashboard_port=listener.getsockname()[1], explicit=frozenset({"dashboard_port"}))
        with pytest.raises(ConfigError, match="CROUPIER_DASHBOARD_PORT"):
            choose_ports(config)


def test_run_without_a_dashboard_looks_for_no_port_for_it() -> None:
    config = Config(dashboard_port=0, explicit=frozenset({"dashboard_port"}))
    assert choose_ports(config)[0].dashboard_port == 0


def test_joining_a_cluster_leaves_the_dashboard_port_alone() -> None:
    config = Config(ray_address="ray-head:6379", http_port=next_free_port(25_000))
    explicit = frozenset({"dashboard_port"})
    config = msgspec.structs.replace(config, dashboard_port=config.http_port, explicit=explicit)
    assert choose_ports(config)[0].dashboard_port == config.dashboard_port


_HOLDER = """
import sys
from server.config import Config
from server.ports import choose_ports
print(choose_ports(Config(http_port=int(sys.argv[1]), ws_port=int(sys.argv[1]) + 100))[0].http_port, flush=True)
sys.stdin.read()
"""


def test_port_that_another_run_has_chosen_and_does_not_listen_on_yet_is_passed_over() -> None:
    """Of two runs that started at once the second found the first one's API on its port, and gave up after a minute."""
    first = next_free_port(27_000)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(first)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        chosen, _moved = choose_ports(Config(http_port=port))
        assert chosen.http_port > port
        other.communicate("")
    assert choose_ports(Config(http_port=port))[0].http_port == port
