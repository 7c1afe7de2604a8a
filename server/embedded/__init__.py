"""PostgreSQL and Valkey from their wheels: what makes one command enough on a machine with nothing installed."""
