"""The Dropbox API routes, one module per noun; `table.py` names them all."""
