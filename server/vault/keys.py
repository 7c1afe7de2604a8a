"""The vault's keys: key-encryption keys by version, and the key of the blind index. Never in the database.

From the environment, or kept in the state folder beside the other keys as `kek_1`, `kek_2`, ... and `pii_index`. An old
version is needed as long as the database, or a backup of it, has keys wrapped by it.
"""

from __future__ import annotations

from pathlib import Path

from server.config import Config, ConfigError
from server.secrets import kept_key, parse_key


class VaultKeys:
    """Read when first needed, and again when a version is asked for that another process has made since."""

    def __init__(self, config: Config) -> None:
        self._folder = config.state / "keys"
        self._given = config.keks
        self._given_index = config.pii_index_key
        self._keks: dict[int, bytes] = {}
        self._index = b""

    def newest(self) -> int:
        """Return the version that wraps from now on, making the first one if there is none. Raises ConfigError."""
        self._read()
        if not self._keks:
            self.add()
        return max(self._keks)

    def kek(self, version: int) -> bytes:
        """Return this version's key. Raises ConfigError when it is missing."""
        if version not in self._keks:
            self._read()
        if version not in self._keks:
            raise ConfigError(f"key-encryption key {version} is missing: restore keys/kek_{version}, or CROUPIER_KEKS")
        return self._keks[version]

    @property
    def index(self) -> bytes:
        """The key of the blind index. Raises ConfigError."""
        if not self._index:
            given = self._given_index
            self._index = parse_key(given, "CROUPIER_PII_INDEX_KEY") if given else self._kept("pii_index")
        return self._index

    @property
    def are_given(self) -> bool:
        """Whether the environment has the key-encryption keys: then only whoever sets it can add one."""
        return bool(self._given)

    def add(self) -> int:
        """Make the next version in the state folder and return its number. Raises ConfigError when keys are given."""
        if self._given:
            raise ConfigError("CROUPIER_KEKS has the keys: add the next version there, on every node, and start anew")
        self._read()
        version = max(self._keks, default=0) + 1
        self._keks[version] = self._kept(f"kek_{version}")
        return version

    def _read(self) -> None:
        if self._given:
            self._keks = dict(_parse_given(part) for part in self._given.split())
            return
        files: list[Path] = sorted(self._folder.glob("kek_*")) if self._folder.is_dir() else []
        for file in files:
            number = file.name.removeprefix("kek_")
            if number.isdigit():
                self._keks[int(number)] = parse_key(file.read_text().strip(), str(file))

    def _kept(self, name: str) -> bytes:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return kept_key(self._folder / name)


def _parse_given(part: str) -> tuple[int, bytes]:
    number, _, text = part.partition("=")
    if not number.isdigit() or int(number) < 1:
        raise ConfigError("CROUPIER_KEKS must look like `1=HEX 2=HEX`: versions from 1, 64 hexadecimal digits each")
    return int(number), parse_key(text, "CROUPIER_KEKS")
