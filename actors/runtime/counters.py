"""What the runtime counts about itself. Plain integers: a metric must not cost what it measures."""

from __future__ import annotations

import msgspec


class Counters(msgspec.Struct):
    """Running totals of one host since its start."""

    batches_sent: int = 0
    messages_sent: int = 0
    bytes_sent: int = 0
    batches_resent: int = 0
    links_broken: int = 0
    local_batches: int = 0
    busy: int = 0  # messages refused because a queue was full or the address unknown
    expired: int = 0  # asks that ended without an answer in time
    batches_received: int = 0
    messages_received: int = 0
    batches_repeated: int = 0  # received again and answered from memory
    groups_failed: int = 0  # an actor raised, or answered with the wrong number of answers
    groups_absent: int = 0
    undecodable: int = 0
    callbacks_failed: int = 0
    actors_rebuilt: int = 0
