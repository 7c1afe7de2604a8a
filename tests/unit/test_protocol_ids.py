from __future__ import annotations

from actors.domain.ids import Origin, id_ms, id_origin, is_well_formed, make_id
from protocol.ids import ID_BYTES, make_client_id, new_client_id

MS = 1_759_878_905_000


def test_client_id_is_what_the_server_makes_of_the_same_noise() -> None:
    noise = bytes(range(200, 209))
    assert make_client_id(MS, noise) == make_id(MS, Origin.CLIENT, noise)


def test_new_client_id_is_well_formed_of_class_client_with_its_time() -> None:
    id_ = new_client_id(MS)
    assert (len(id_), is_well_formed(id_), id_origin(id_), id_ms(id_)) == (ID_BYTES, True, Origin.CLIENT, MS)


def test_two_new_client_ids_differ() -> None:
    assert new_client_id(MS) != new_client_id(MS)
