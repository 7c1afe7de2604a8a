"""Inspection of the generators: NIST SP 800-22 on raw bits, and tests of what players see. `make rng-report`; docs/rng.md."""
