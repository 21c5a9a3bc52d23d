"""A step's SQL, run statement by statement within the step's own transaction."""

from store.connect import Db


def run(db: Db, script: str) -> None:
    """Run each statement; every one but the last ends with a semicolon and a line break."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)
