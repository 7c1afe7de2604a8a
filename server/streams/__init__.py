"""The stream link: one persistent stream from each host to each other one, found through Ray.

On one machine a unix socket in a folder that is ours alone, between machines TCP with mutual TLS 1.3; see
docs/adr/0006-stream-links.md. `link.py` is the sending end, `listener.py` the receiving one.
"""
