"""What a deployment is given at start, once, and cannot change while it runs.

Knows files, names and numbers; holds no key. Anything that would weaken a real deployment
(cheap Argon2, a root key without its fingerprint) is refused outside the demo and the tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SETTINGS_FILE = "padauk.toml"
_ARGON2_FLOOR_KIB = 64 * 1024
_ARGON2_FLOOR_ITERATIONS = 3


class Settings(BaseSettings):
    """Frozen settings. Read from ``padauk.toml`` and ``PADAUK_*``; the environment wins."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="PADAUK_", env_ignore_empty=True
    )

    environment: Literal["production", "demo", "test"] = "production"
    organisation_id: UUID
    organisation_root: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the organisation root's Ed25519 public key, in hex",
    )
    database_url: str
    keystore_url: str
    root_key_file: Path | None = None
    root_key_credential: str | None = None
    boot_key_file: Path | None = Field(
        default=None, description="On tmpfs; lets several processes share sessions"
    )

    argon2_memory_kib: int = Field(default=_ARGON2_FLOOR_KIB, ge=8)
    argon2_iterations: int = Field(default=_ARGON2_FLOOR_ITERATIONS, ge=1)
    argon2_lanes: int = Field(default=1, ge=1, le=16)

    session_idle_minutes: int = Field(default=15, ge=1, le=60)
    session_hours: int = Field(default=12, ge=1, le=24)
    step_up_minutes: int = Field(default=10, ge=1, le=30)
    sign_in_queue: int = Field(default=32, ge=1, le=1000)

    request_threads: int | None = Field(default=None, ge=1, le=32)
    max_body_bytes: int = Field(default=256 * 1024, ge=1024, le=4 * 1024 * 1024)
    searches_per_day: int = Field(default=60, ge=1)
    index_bits: int = Field(default=12, ge=8, le=18)
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=1, le=65535)

    @model_validator(mode="after")
    def _refuse_weakness(self) -> Self:
        if self.environment != "test" and (
            self.argon2_memory_kib < _ARGON2_FLOOR_KIB
            or self.argon2_iterations < _ARGON2_FLOOR_ITERATIONS
        ):
            message = "Argon2 costs below 64 MiB and 3 passes are for tests only"
            raise ValueError(message)
        if self.database_url == self.keystore_url:
            message = "the keystore must be another database: its backups roll separately"
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
        return loaded
