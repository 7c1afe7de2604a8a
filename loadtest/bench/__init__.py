"""`make bench`: every figure of docs/bench.md, measured in one run and written to `build/bench.json`."""
