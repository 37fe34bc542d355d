"""The systemd units: hardened as the threat table asks, and calling commands that exist."""

from pathlib import Path

import pytest
import typer.main

from app.cli.commands import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = ["padauk.service", "padauk-worker.service"]

HARDENED = {
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "ExecPaths": "/usr /opt/padauk/.venv",
    "Group": "padauk",
    "IPAddressAllow": "localhost",
    "IPAddressDeny": "any",
    "KeyringMode": "private",
    "LimitCORE": "0",
    "LoadCredential": "root-key:/etc/padauk/root-key",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "MemorySwapMax": "0",
    "NoExecPaths": "/",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateMounts": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "StateDirectory": "padauk",
    "StateDirectoryMode": "0700",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
    "User": "padauk",
}


def settings_of(unit, section):
    """Every value of every key of a section: systemd lets a key stand more than once."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in (DEPLOY / unit).read_text().splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif line and not line.startswith("#") and current == section:
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("key", sorted(HARDENED))
def test_a_unit_holds_each_key_of_the_hardening_once(unit, key):
    assert settings_of(unit, "Service").get(key) == [HARDENED[key]]


@pytest.mark.parametrize(("unit", "verb"), [("padauk.service", "serve"), (UNITS[1], "worker")])
def test_a_unit_starts_a_command_that_exists_with_options_that_it_has(unit, verb):
    (line,) = settings_of(unit, "Service")["ExecStart"]
    program, started, *words = line.split()
    assert program == "/opt/padauk/.venv/bin/padauk"
    assert started == verb
    command = typer.main.get_command(app).get_command(None, started)
    with command.make_context(started, words) as context:
        assert str(context.params["home"]) == "/var/lib/padauk"


@pytest.mark.parametrize("unit", UNITS)
def test_system_calls_are_an_allow_list_less_the_privileged_ones(unit):
    allowed, refused = settings_of(unit, "Service")["SystemCallFilter"]
    assert allowed == "@system-service"
    assert refused.startswith("~")
    assert "@privileged" in refused


def test_the_server_may_lower_the_priority_of_its_passphrase_process():
    _, refused = settings_of("padauk.service", "Service")["SystemCallFilter"]
    assert "@resources" not in refused


def test_the_boot_key_lives_in_a_folder_that_goes_when_the_server_stops():
    service = settings_of("padauk.service", "Service")
    assert service["RuntimeDirectory"] == ["padauk"]
    assert service["RuntimeDirectoryMode"] == ["0700"]
    assert service["RuntimeDirectoryPreserve"] == ["no"]
    assert service["Environment"] == ["PADAUK_BOOT_KEY_FILE=/run/padauk/boot-key"]


def test_the_worker_knows_no_boot_key():
    worker = settings_of("padauk-worker.service", "Service")
    assert "RuntimeDirectory" not in worker
    assert "Environment" not in worker
