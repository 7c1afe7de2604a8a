"""What lets anybody verify a round: chains of seeds, signed records, verifiers. docs/fairness.md."""
