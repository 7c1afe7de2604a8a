"""Property tests touch no network and no Ray: both raise here."""

from tests.isolation import no_network, no_ray

__all__ = ["no_network", "no_ray"]
