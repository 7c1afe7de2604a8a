"""Generates from the Python source what others must agree with: TypeScript, schema, golden frames, the page.

`python -m server.schema` writes, `python -m server.schema --check` fails if anything on disk differs.
"""
