"""HMAC-DRBG against published vectors: NIST CAVS 14.3, HMAC_DRBG, SHA-256, prediction resistance off."""

from __future__ import annotations

import pytest

from server.drbg import REQUEST_BYTES_MAX, HmacDrbg

#: seed, nonce, personalization, reseed ("" = none), the second request's 1024 bits.
VECTORS = {
    "no reseed, count 0": (
        "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488",
        "659ba96c601dc69fc902940805ec0ca8",
        "",
        "",
        "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21036d2460"
        "b6f73ebad0dc2aba6e624abf07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668"
        "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8",
    ),
    "personalized, count 0": (
        "5cacc68165a2e2ee20812f35ec73a79dbf30fd475476ac0c44fc6174cdac2b55",
        "6f885496c1e63af620becd9e71ecb824",
        "e72dd8590d4ed5295515c35ed6199e9d211b8f069b3058caa6670b96ef1208d0",
        "",
        "f1012cf543f94533df27fedfbf58e5b79a3dc517a9c402bdbfc9a0c0f721f9d53faf4aafdc4b8f7a1b580fcaa52338d4"
        "bd95f58966a243cdcd3f446ed4bc546d9f607b190dd69954450d16cd0e2d6437067d8b44d19a6af7a7cfa8794e5fbd72"
        "8e8fb2f2e8db5dd4ff1aa275f35886098e80ff844886060da8b1e7137846b23b",
    ),
    "reseed, count 0": (
        "06032cd5eed33f39265f49ecb142c511da9aff2af71203bffaf34a9ca5bd9c0d",
        "0e66f71edc43e42a45ad3c6fc6cdc4df",
        "",
        "01920a4e669ed3a85ae8a33b35a74ad7fb2a6bb4cf395ce00334a9c9a5a5d552",
        "76fc79fe9b50beccc991a11b5635783a83536add03c157fb30645e611c2898bb2b1bc215000209208cd506cb28da2a51"
        "bdb03826aaf2bd2335d576d519160842e7158ad0949d1a9ec3e66ea1b1a064b005de914eac2e9d4f2d72a8616a802254"
        "22918250ff66a41bd2f864a6a38cc5b6499dc43f7f2bd09e1e0f8f5885935124",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_published_vector_is_reproduced(name: str) -> None:
    seed, nonce, personalization, reseed, expected = map(bytes.fromhex, VECTORS[name])
    drbg = HmacDrbg(seed, nonce, personalization)
    for fresh in filter(None, (reseed,)):
        drbg.reseed(fresh)
    drbg.generate(128)
    assert drbg.generate(128) == expected


def test_request_of_no_bytes_still_moves_the_state() -> None:
    one, other = (HmacDrbg(bytes(32), bytes(16)) for _ in range(2))
    assert one.generate(0) == b""
    assert one.generate(32) != other.generate(32)


@pytest.mark.parametrize("size", [-1, REQUEST_BYTES_MAX + 1])
def test_request_beyond_the_standard_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="request"):
        HmacDrbg(bytes(32), bytes(16)).generate(size)
