"""Generates from the Python source whatever others must agree with: TypeScript, the schema, the golden frames, the page.

`python -m server.schema` writes, `python -m server.schema --check` fails if anything on disk differs.
"""
