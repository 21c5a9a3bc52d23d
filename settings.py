"""Everything an operator can set, in one frozen object: a field here is an environment variable of the same name.

Each is also read as `NAME_FILE` (a file that holds the value) and from `.env`. A bad value stops start-up with one
sentence that names the variable. Nothing else in the program reads the environment.
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from rules.envelope import Keyring

LOOPBACK_HOSTS = ("127.0.0.1", "localhost")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting that cannot be used; the message names the variable and says what to do."""


class Settings(BaseModel):
    """The installation's settings. Field order is the order of the README's table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = Field(
        default=None, description="Public address; every absolute link and the OAuth redirect."
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder of the database, the media, the keys and the lock."
    )
    app_name: str = Field(default="Clementine", min_length=1, max_length=60, description="The name people see.")
    secret_key: SecretStr | None = Field(default=None, description="Signs cookies and links; made once when unset.")
    token_keys: SecretStr | None = Field(
        default=None, description="`id:base64(32 bytes)`, comma-separated; first encrypts."
    )
    owner_dropbox_account_id: str | None = Field(default=None, description="Dropbox account id of the site owner.")
    dropbox_app_key: str | None = Field(default=None, description="App key of the installation's Dropbox app.")
    dropbox_app_secret: SecretStr | None = Field(
        default=None, description="App secret of the installation's Dropbox app."
    )
    dropbox_app_folder: str = Field(
        default="Clementine", description="App-folder name shown in paths; empty: Full Dropbox."
    )
    dropbox_url: str | None = Field(default=None, description="One origin that stands for all Dropbox hosts.")
    resend_api_key: SecretStr | None = Field(
        default=None, description="Resend key; without it mails are kept for the owner."
    )
    mail_from: str | None = Field(
        default=None, description="Sender of mails, an address of a domain verified at Resend."
    )
    resend_url: str | None = Field(default=None, description="Another address for Resend's API.")
    owner_email: str | None = Field(default=None, description="Where notices of new requests go.")
    trusted_proxies: tuple[Network, ...] = Field(default=(), description="CIDRs whose forwarding headers count.")
    metrics_token: SecretStr | None = Field(default=None, description="Guards /metrics; unset: direct loopback only.")
    max_result_bytes: int = Field(default=524_288_000, ge=1, description="Largest artifact accepted, in bytes.")
    limits: Literal["on", "off"] = Field(
        default="on", description="Rate limits; off only for tests and load generators."
    )
    log_format: Literal["text", "json"] | None = Field(
        default=None, description="Unset: text on a terminal, else json."
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _origin(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError(
                "must begin with https:// unless its host is 127.0.0.1 or localhost: cookies are only sent securely"
            )
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("dropbox_url", "resend_url")
    @classmethod
    def _foreign_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _origin(value)
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("token_keys")
    @classmethod
    def _token_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Keyring.parse(value.get_secret_value())
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters; leave it out and one is made for you")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _trusted_proxies(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("dropbox_app_folder")
    @classmethod
    def _dropbox_app_folder(cls, value: str) -> str:
        if any(letter in value for letter in "/\\"):
            raise ValueError("must be the folder's name alone, without a slash")
        return value

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.resend_api_key and not self.mail_from:
            raise ValueError("MAIL_FROM: must be set when RESEND_API_KEY is, or Resend refuses every mail")
        return self

    @property
    def keyring(self) -> Keyring:
        """The keys that encrypt Dropbox tokens. Only when TOKEN_KEYS is known."""
        assert self.token_keys is not None
        return Keyring.parse(self.token_keys.get_secret_value())

    @property
    def signing_key(self) -> str:
        """What signs cookies and links. Only when SECRET_KEY is known."""
        assert self.secret_key is not None
        return self.secret_key.get_secret_value()

    @property
    def origin(self) -> str:
        """BASE_URL without a trailing slash. Only after the port is known."""
        assert self.base_url is not None
        return self.base_url

    @property
    def redirect_uri(self) -> str:
        """The one address to which Dropbox sends people back."""
        return f"{self.origin}/auth/dropbox/callback"

    @property
    def mails_are_sent(self) -> bool:
        return self.resend_api_key is not None


def load(environment: Mapping[str, str] | None = None, dotenv: Path = Path(".env")) -> Settings:
    """Read the settings; raises SettingsError with a sentence that names the variable."""
    environment = os.environ if environment is None else environment
    given = {**{k: v for k, v in dotenv_values(dotenv).items() if v is not None}, **environment}
    if "OWNER_DROPBOX_ACCOUNT_ID" not in given and "OWNER_DROPBOX_ACCOUNT_ID_FILE" not in given:
        for ending in ("", "_FILE"):
            if old := given.get(f"AUTHORIZED_DROPBOX_ACCOUNT_ID{ending}"):
                given[f"OWNER_DROPBOX_ACCOUNT_ID{ending}"] = old
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        if (text := _value(name.upper(), given)) is not None:
            values[name] = text
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _value(name: str, given: Mapping[str, str]) -> str | None:
    """The variable's text; empty counts as unset (but for DROPBOX_APP_FOLDER, where empty has a meaning)."""
    if path := given.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{name}_FILE: cannot read {path} ({type(error).__name__}); name a readable file."
            ) from None
    text = given.get(name)
    return text if text or (text == "" and name == "DROPBOX_APP_FOLDER") else None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return message
    return f"{str(first['loc'][0]).upper()}: {message[0].lower()}{message[1:]}."


def _origin(value: str) -> Any:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 (raises for a port that is no number)
    except ValueError:
        raise ValueError("must be an address such as https://photos.example.com") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("must be an address such as https://photos.example.com")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must be an origin alone, without a path: https://photos.example.com")
    return parts
