"""Memory of a busy process, taken from the system before it is needed and kept.

Python gives memory back as soon as a whole megabyte of it is empty, and takes it again a moment later; the system clears
every page anew, which on a virtual machine may cost more than ten microseconds each. A bet keeps about a kilobyte until its
round is forgotten, a commit packs half a megabyte that is thrown away: thousands of such pages a second.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from typing import Final

#: A block that Python's own allocator still takes: one of the largest of its sizes, less what an object adds.
_BLOCK_BYTES: Final = 512 - 40
_BLOCKS: Final = 2**20 // 512
#: A step takes or lets go of one megabyte: a few milliseconds, or less than one.
_STEP_S: Final = 0.01
#: Of what the machine has: 256 MiB where there are 16 GiB.
_SHARE: Final = 64

# Options of the C library's allocator (malloc.h), which has the larger blocks.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


async def keep_memory(mib: int) -> list[bytes]:
    """Take so many MiB, at most a sixty-fourth of the machine's, step by step, and return what keeps them while it lives."""
    _keep_large_blocks(mib)
    held: list[list[bytes]] = []
    kept: dict[int, bytes] = {}  # one in each megabyte
    for _ in range(min(mib, _machine_mib() // _SHARE)):
        blocks = [bytes(_BLOCK_BYTES) for _ in range(_BLOCKS)]
        kept.update({id(block) >> 20: block for block in blocks})
        held.append(blocks)
        await asyncio.sleep(_STEP_S)
    while held:
        held.pop()
        await asyncio.sleep(_STEP_S)
    return list(kept.values())


def _machine_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def _keep_large_blocks(mib: int) -> None:
    """Let the C library keep blocks as well, for as much as that; nothing where it is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the most that it takes
        mallopt(_M_TRIM_THRESHOLD, mib << 20)
