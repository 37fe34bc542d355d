"""The systemd units: hardened as the threat table asks, and calling commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from app.cli.commands import build_app
from app.cli.serve import GRACE_SECONDS, WORKER_SECONDS
from app.store.identity import HEALS, StartCode

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
LASTING = ["padauk.service", "padauk-worker.service"]
VERBS = {
    "padauk.service": ["serve"],
    "padauk-worker.service": ["worker"],
    "padauk-backup.service": ["backup"],
    "padauk-audit-verify.service": ["audit", "verify"],
}
UNITS = sorted(VERBS)
TIMERS = ["padauk-backup.timer", "padauk-audit-verify.timer"]
"""A database that recovers, fails over or had a full disk: the next start may well succeed."""

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


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_a_command_that_exists_with_options_that_it_has(unit):
    (line,) = settings_of(unit, "Service")["ExecStart"]
    program, *words = line.split()
    assert program == "/opt/padauk/.venv/bin/padauk"
    command = typer.main.get_command(build_app())
    for verb in VERBS[unit]:
        assert words.pop(0) == verb
        command = command.get_command(None, verb)
    with command.make_context(verb, words) as context:
        assert str(context.params["home"]) == "/var/lib/padauk"


@pytest.mark.parametrize("unit", LASTING)
def test_a_server_is_started_again_for_as_long_as_a_database_recovers(unit):
    service = settings_of(unit, "Service")
    assert service["Restart"] == ["always"]
    assert int(service["RestartSec"][0]) >= 1
    assert settings_of(unit, "Unit")["StartLimitIntervalSec"] == ["0"]
    assert "StartLimitBurst" not in settings_of(unit, "Unit")


@pytest.mark.parametrize("unit", LASTING)
def test_what_no_new_start_mends_is_not_tried_again(unit):
    (codes,) = settings_of(unit, "Service")["RestartPreventExitStatus"]
    assert {int(code) for code in codes.split()} == set(StartCode) - HEALS


@pytest.mark.parametrize("unit", LASTING)
def test_requests_and_jobs_in_hand_have_time_to_finish(unit):
    (seconds,) = settings_of(unit, "Service")["TimeoutStopSec"]
    assert int(seconds) > GRACE_SECONDS + WORKER_SECONDS


@pytest.mark.parametrize("timer", TIMERS)
def test_a_timer_starts_a_unit_of_its_name_daily_and_makes_up_for_a_missed_day(timer):
    assert settings_of(timer, "Timer")["Persistent"] == ["yes"]
    assert settings_of(timer, "Timer")["OnCalendar"][0].startswith("*-*-* ")
    unit = timer.replace(".timer", ".service")
    assert settings_of(unit, "Service")["Type"] == ["oneshot"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_that_fails_says_so_with_its_exit_code(unit):
    assert settings_of(unit, "Unit")["OnFailure"] == ["padauk-notify@%n.service"]
    (notify,) = settings_of("padauk-notify@.service", "Service")["ExecStart"]
    assert "ExecMainStatus" in notify


def test_exit_codes_of_verification_are_failures():
    """Neither 3 (found something) nor 4 (behind) is declared a success."""
    assert "SuccessExitStatus" not in settings_of("padauk-audit-verify.service", "Service")


def test_a_backup_may_write_where_it_is_told_to():
    service = settings_of("padauk-backup.service", "Service")
    (line,) = service["ExecStart"]
    assert service["ReadWritePaths"] == [line.split("--to ")[1]]
    assert (
        settings_of("padauk-backup.service", "Unit")["RequiresMountsFor"]
        == (service["ReadWritePaths"])
    )


def complaints(files):
    """What systemd says of units; without systemd, of lines that are none of a unit's."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        lines = [line for file in files for line in file.read_text().splitlines() if line]
        return [line for line in lines if not re.match(r"#|\[[A-Z]\w+\]$|[A-Z]\w+=", line)]
    verified = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in verified.stderr.splitlines() if "padauk" in line]


@pytest.mark.parametrize("systemd", ["found", "missing"])
def test_every_unit_is_taken_as_it_is_written(tmp_path, monkeypatch, systemd):
    """Only the program's path is another, because it is not installed here."""
    files = []
    for file in sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]):
        copy = tmp_path / file.name
        copy.write_text(file.read_text().replace("/opt/padauk/.venv/bin/padauk", "/usr/bin/true"))
        files.append(copy)
    if systemd == "missing":
        monkeypatch.setattr(shutil, "which", lambda _: None)
    assert complaints(files) == []


def test_every_unit_is_in_the_readme():
    readme = (DEPLOY / "README.md").read_text()
    for file in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]:
        assert f"`{file.name}`" in readme


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
