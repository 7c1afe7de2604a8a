"""The wire contract: everything a client and a gateway say to each other, and nothing about how either works."""
