"""Passwords: where they stand, and what stands in their place when the configuration is shown (S-10)."""

from pathlib import Path

from appliance.config.sip import Account
from appliance.errors import ConfigError, Finding

MASK = "***"
"""Written for every secret."""

_LONGEST = 4096


def first_line(path: Path) -> str:
    """Read the secret from its file, without spaces around it. Raises OSError, or ValueError for no text."""
    with path.open(encoding="utf-8") as file:
        return file.readline(_LONGEST).strip()


def password(account: Account) -> str:
    """Return an account's password in clear; empty: none. Raises ConfigError when its file went away."""
    if account.password_file is None:
        return account.password.get_secret_value()
    try:
        return first_line(account.password_file)
    except (OSError, ValueError) as error:
        finding = Finding(f"sip.account.{account.name}.password_file", f"cannot be read ({error})", "put the file back")
        raise ConfigError((finding,)) from error
