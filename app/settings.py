"""Settings of a deployment: read once at its start.

Knows files, names and numbers; holds no key. Anything that would weaken a real deployment
(cheap Argon2, a root key without its fingerprint) is refused outside the demo and the tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SETTINGS_FILE = "padauk.toml"
_ARGON2_FLOOR_KIB = 64 * 1024
_ARGON2_FLOOR_ITERATIONS = 3
_ARGON2_FLOORS = {
    "argon2_memory_kib": _ARGON2_FLOOR_KIB,
    "argon2_iterations": _ARGON2_FLOOR_ITERATIONS,
}
_SQLITE = "sqlite:///"
_URLS = ("sqlite://", "postgresql+psycopg://")


class Settings(BaseSettings):
    """Frozen settings. Read from ``padauk.toml`` and ``PADAUK_*``; the environment wins."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="PADAUK_", env_ignore_empty=True
    )

    environment: Literal["production", "demo", "test"] = Field(
        default="production",
        description="Only in production is nothing weakened; demo and test are for no real person",
    )
    organisation_id: UUID = Field(
        description="Of the organisation that `padauk init` founded; bound into every key"
    )
    organisation_root: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the organisation root's Ed25519 public key, in hex",
    )
    database_url: str = Field(description="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    keystore_url: str = Field(
        description="Likewise, of another database: its backups are deleted within days"
    )
    root_key_file: Path | None = Field(
        default=None,
        description="A file of mode 0600; off the databases' disk. Neither this nor a"
        " credential: the key is typed at the start",
    )
    root_key_credential: str | None = Field(
        default=None,
        description="Name of a systemd credential that holds the root key; see"
        " deploy/README.md for commands by hand",
    )
    boot_key_file: Path | None = Field(
        default=None, description="On tmpfs; lets several processes share sessions"
    )

    argon2_memory_kib: int = Field(
        default=_ARGON2_FLOOR_KIB, ge=8, description="What a new or renewed passphrase costs to try"
    )
    argon2_iterations: int = Field(
        default=_ARGON2_FLOOR_ITERATIONS, ge=1, description="Passes over that memory"
    )
    argon2_lanes: int = Field(
        default=1, ge=1, le=16, description="Lanes within one run, one after the other"
    )

    second_factor_for: Literal["nobody", "leads", "everyone"] = Field(
        default="nobody",
        description="Who must have a second factor: nobody, leads and administrators, or everyone;"
        " others may have one",
    )

    daily_megabytes: int = Field(
        default=20,
        ge=1,
        description="What one member may write in a day; a small change counts as 10 kB",
    )
    session_idle_minutes: int = Field(
        default=15, ge=1, le=60, description="After which a session that nobody uses ends"
    )
    session_hours: int = Field(default=12, ge=1, le=24, description="After which any session ends")
    step_up_minutes: int = Field(
        default=10, ge=1, le=30, description="For which a lead's second key stays unlocked"
    )
    sign_in_queue: int = Field(
        default=32,
        ge=1,
        le=1000,
        description="How many passphrases may wait in each lane; others get 503",
    )

    request_threads: int | None = Field(
        default=None, ge=1, le=32, description="Requests at once; one with SQLite, else by cores"
    )
    max_body_bytes: int = Field(
        default=256 * 1024, ge=1024, le=4 * 1024 * 1024, description="Longest body of a request"
    )
    searches_per_day: int = Field(default=60, ge=1, description="How often a member may search")
    behind_pgbouncer: bool = Field(
        default=False, description="Keep nothing on a server connection between transactions"
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Prometheus figures, on 127.0.0.1 alone"
    )
    clock_file: Path | None = Field(
        default=None, description="Seconds by which a test moves the clock; refused in production"
    )
    journal_dir: Path | None = Field(
        default=None,
        description="A second place for the journal of destroyed shares, on another disk",
    )
    host: str = Field(default="127.0.0.1", description="Where the server listens")
    port: int = Field(default=8420, ge=1, le=65535, description="And on which port")

    @field_validator("database_url", "keystore_url")
    @classmethod
    def _refuse_other_databases(cls, url: str) -> str:
        if not url.startswith(_URLS):
            message = "give sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
            raise ValueError(message)
        return url

    @field_validator("argon2_memory_kib", "argon2_iterations")
    @classmethod
    def _refuse_cheap_argon2(cls, cost: int, info: ValidationInfo) -> int:
        floor = _ARGON2_FLOORS[info.field_name or ""]
        if info.data.get("environment") != "test" and cost < floor:
            message = f"less than {floor} is for tests only"
            raise ValueError(message)
        return cost

    @model_validator(mode="after")
    def _refuse_weakness(self) -> Self:
        if self.database_url == self.keystore_url:
            message = "the keystore must be another database: its backups roll separately"
            raise ValueError(message)
        if self.clock_file is not None and self.environment == "production":
            message = "clock_file moves the clock, and is for tests and demos only"
            raise ValueError(message)
        if self.root_key_file and self.root_key_credential:
            message = "name one source of the root key, not two"
            raise ValueError(message)
        return self

    @property
    def is_sqlite(self) -> bool:
        """Whether the main database is the embedded one."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read ``home/padauk.toml``; raises ``FileNotFoundError`` or pydantic's error."""
        file = home / SETTINGS_FILE
        if not file.is_file():
            raise FileNotFoundError(file)

        class FromHome(cls):  # type: ignore[misc, valid-type]
            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[BaseSettings],
                init_settings: PydanticBaseSettingsSource,
                env_settings: PydanticBaseSettingsSource,
                dotenv_settings: PydanticBaseSettingsSource,
                file_secret_settings: PydanticBaseSettingsSource,
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                del dotenv_settings, file_secret_settings
                return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

        loaded: Self = FromHome()
        return loaded.model_copy(update=_placed(loaded, home.resolve()))


def _placed(settings: Settings, home: Path) -> dict[str, object]:
    """Return the settings that name files, with relative ones placed in the home.

    A home that was copied must open its own files, never those of the original.
    """
    placed: dict[str, object] = {}
    for name in ("database_url", "keystore_url"):
        url: str = getattr(settings, name)
        file = Path(url.removeprefix(_SQLITE))
        if url.startswith(_SQLITE) and not file.is_absolute() and file.name != ":memory:":
            placed[name] = f"{_SQLITE}{home / file}"
    for name in ("root_key_file", "boot_key_file", "journal_dir"):
        path: Path | None = getattr(settings, name)
        if path is not None and not path.is_absolute():
            placed[name] = home / path
    return placed
