"""Settings come from the environment, checked and named when wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from server.config import TOGETHER_CPUS, VARIABLES, Config, ConfigError, load_config, misspelt_variables


def processors(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let this machine have so many processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(count)))


def test_empty_environment_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    processors(monkeypatch, 64)
    assert load_config({}) == Config()


def test_every_field_has_a_variable() -> None:
    assert set(VARIABLES) == set(Config.__struct_fields__) - {"explicit"}


def test_given_variable_is_read_and_remembered_as_explicit() -> None:
    config = load_config({"CROUPIER_HTTP_PORT": " 9000 ", "CROUPIER_STATE": "/srv/casino"})
    assert (config.http_port, config.state) == (9000, Path("/srv/casino"))
    assert config.explicit == {"http_port", "state"}


def test_blank_variable_counts_as_absent() -> None:
    assert load_config({"CROUPIER_HTTP_PORT": " "}).explicit == frozenset()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("CROUPIER_HTTP_PORT", "eighty"),
        ("CROUPIER_HTTP_PORT", "0"),
        ("CROUPIER_HTTP_PORT", "65536"),
        ("CROUPIER_HTTP_PORT", "80.5"),
        ("CROUPIER_SHARDS", "0"),
        ("CROUPIER_GATEWAYS", "-1"),
        ("CROUPIER_PAUSE_MS", "-2"),
        ("CROUPIER_LOG_LEVEL", "loud"),
        ("CROUPIER_LINK", "pigeon"),
        ("CROUPIER_LAYOUT", "scattered"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("CROUPIER_SHARD_URLS", "- mysql://somewhere"),
        ("CROUPIER_SHARD_URLS", "postgresql://only-one-of-two"),
        ("REDIS_URL", "somewhere:6379"),
    ],
)
def test_wrong_value_is_an_error_naming_the_variable(variable: str, text: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        load_config({variable: text})


def test_misspelt_variable_is_noticed_with_the_one_meant() -> None:
    found = misspelt_variables({"CROUPIER_HTTP_PROT": "1", "CROUPIER_HTTP_PORT": "1", "PATH": "/bin"})
    assert found == {"CROUPIER_HTTP_PROT": "CROUPIER_HTTP_PORT"}


def test_variable_of_another_program_of_ours_is_left_alone() -> None:
    assert misspelt_variables({"CROUPIER_SWARM_TABLE": "roulette-2"}) == {}


def test_shards_without_addresses_live_in_the_casinos_database() -> None:
    config = load_config({"DATABASE_URL": "postgresql://main", "CROUPIER_SHARDS": "3"})
    assert config.books() == {"postgresql://main": (0, 1, 2)}


def test_shard_addresses_are_read_in_order_and_a_dash_is_the_casinos_database() -> None:
    urls = "postgresql://b - postgresql://b"
    config = load_config({"DATABASE_URL": "postgresql://a", "CROUPIER_SHARDS": "3", "CROUPIER_SHARD_URLS": urls})
    assert [config.shard_url(shard) for shard in range(3)] == ["postgresql://b", "postgresql://a", "postgresql://b"]
    assert config.books() == {"postgresql://b": (0, 2), "postgresql://a": (1,)}


def test_proxies_are_addresses_or_networks() -> None:
    assert load_config({"CROUPIER_PROXIES": "127.0.0.1  10.1.0.0/16"}).proxies == ("127.0.0.1/32", "10.1.0.0/16")
    with pytest.raises(ConfigError, match="CROUPIER_PROXIES"):
        load_config({"CROUPIER_PROXIES": "balancer"})


@pytest.mark.parametrize(
    ("count", "given", "layout"),
    [
        (1, {}, "together"),
        (TOGETHER_CPUS, {}, "together"),
        (TOGETHER_CPUS, {"CROUPIER_GATEWAYS": "1"}, "together"),
        (TOGETHER_CPUS, {"CROUPIER_LAYOUT": "apart"}, "apart"),
        (TOGETHER_CPUS, {"CROUPIER_GATEWAYS": "2"}, "apart"),
        (TOGETHER_CPUS, {"RAY_ADDRESS": "10.0.0.1:6379"}, "apart"),
        (TOGETHER_CPUS, {"CROUPIER_SHARD_URLS": "- postgresql://other"}, "apart"),
        (TOGETHER_CPUS + 1, {}, "apart"),
        (TOGETHER_CPUS + 1, {"CROUPIER_LAYOUT": "together"}, "together"),
    ],
)
def test_layout_follows_the_machine_unless_it_is_given(
    count: int, given: Mapping[str, str], layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    processors(monkeypatch, count)
    config = load_config(given)
    assert (config.layout, config.is_together) == (layout, layout == "together")


@pytest.mark.parametrize("more", [{"CROUPIER_GATEWAYS": "2"}, {"RAY_ADDRESS": "10.0.0.1:6379"}])
def test_layout_together_with_two_gateways_or_several_machines_is_refused(more: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError, match="CROUPIER_LAYOUT"):
        load_config({"CROUPIER_LAYOUT": "together", **more})
