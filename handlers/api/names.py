"""The field `name` of workspaces, projects and experiences; what is accepted is said in store/names.py."""

from typing import Annotated

from pydantic import Field

from store.names import MOST

Name = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MOST})]
"""Shown with its bounds and checked by the store, which first strips what nobody sees."""
