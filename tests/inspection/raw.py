"""The raw stream: many sequences of bits through SP 800-22, and dieharder where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from actors.domain.games.draws import SeededDraws
from server.entropy import LibsodiumEntropy
from tests.inspection.judge import Stream, stream
from tests.inspection.sources import Seeded
from tests.inspection.sp800_22 import bits_of, inspect

#: Tests of dieharder that a stream from Python can feed in minutes: birthdays, ranks of 32 x 32, runs, serial.
DIEHARDER: Final = ("0", "2", "15", "102")


def house_bytes() -> Iterator[bytes]:
    """Yield words of 64 bits as the house draws them: one answer of its generator for each."""
    entropy = LibsodiumEntropy()
    while True:
        yield entropy.token(8)


def seeded_bytes() -> Iterator[bytes]:
    """Yield the first block of one verifiable round after the other: eight words of 32 bits."""
    source = Seeded()
    while True:
        draws: SeededDraws = source.round()
        yield b"".join(draws.word().to_bytes(4, "big") for _ in range(8))


STREAMS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {"house": house_bytes, "seeded": seeded_bytes}


def inspect_stream(name: str, sequences: int, bits: int, tell: Callable[[str], None]) -> list[Stream]:
    """Return how the P-values of every test are spread over so many sequences."""
    source, found = STREAMS[name](), defaultdict(list)
    for number in range(1, sequences + 1):
        for test, p in inspect(bits_of(_take(source, bits // 8))).items():
            found[test].append(p)
        if number % 10 == 0:
            tell(f"{name}: {number} of {sequences} sequences")
    return [stream(test, p_values) for test, p_values in found.items()]


def _take(source: Iterator[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        data += next(source)
    return bytes(data[:size])


def dieharder(name: str) -> list[str] | None:
    """Return the lines of dieharder's assessments on this stream; None: it is not installed."""
    program = shutil.which("dieharder")
    if program is None:
        return None
    lines = []
    for test in DIEHARDER:
        with subprocess.Popen([program, "-d", test, "-g", "200"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
            assert run.stdin is not None
            assert run.stdout is not None
            try:
                for data in STREAMS[name]():
                    run.stdin.write(data)
            except BrokenPipeError:
                pass  # it has seen enough
            lines += [line for line in run.stdout.read().decode().splitlines() if line.count("|") == 5]
    return lines
