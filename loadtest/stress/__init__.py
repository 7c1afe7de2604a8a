"""Self-checking storms at the edge, each with an exact law. See `docs/stress.md`; `python -m loadtest.stress`."""
