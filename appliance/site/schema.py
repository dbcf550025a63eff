"""The JSON schema of site files, kept beside them for editors; `python -m appliance.site.schema` writes it again."""

from pathlib import Path

from appliance.config import schema_text as text_of
from appliance.site.model import Site

__all__ = ["SCHEMA_FILE", "schema_text", "write"]

SCHEMA_FILE = Path(__file__).parents[2] / "scenarios" / "site.schema.json"


def schema_text() -> str:
    """The schema of a site with the backends that are installed here."""
    return text_of(Site, "A site of hotline")


def write() -> None:
    """Bring the shipped schema up to date."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write()
