"""The report of an import as a page that stands alone."""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import islice

import jinja2

from bordermap.engine.report_rows import issues
from bordermap.engine.report_words import NUMBER, Section, Table, count, field, sections
from bordermap.store import StoredDataset

SHOWN_ISSUES = 1000
"""Issues that the page lists; the JSON form of the report holds all."""


def to_html(dataset: StoredDataset) -> str:
    """Return the report of a dataset as one HTML file that loads nothing.

    Parameters
    ----------
    dataset : StoredDataset
        With a report; staged or kept.
    """
    found = dataset.report
    rows = found["rows"]
    shares = {
        "kept as they were": rows["kept"] - rows["repaired"],
        "repaired": rows["repaired"],
        "rejected": rows["rejected"],
    }
    return _template().render(
        dataset=found["dataset"],
        files=", ".join(file["name"] for file in found["files"][:5])
        + (f" and {len(found['files']) - 5} more" if len(found["files"]) > 5 else ""),
        tiles=[(name, count(rows[name])) for name in ("read", "kept", "repaired", "rejected")],
        shares=[(name, 100 * n / max(rows["read"], 1)) for name, n in shares.items()],
        number=NUMBER,
        sections=[
            *sections(found),
            _issues(dataset, found["issues"]),
            Section("Mapping", "How the columns were understood.", code=found["mapping"]),
        ],
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    source = resources.files(__package__) / "report_page.html"
    return environment.from_string(source.read_text("utf-8"))


def _issues(dataset: StoredDataset, total: int) -> Section:
    listed = [
        (
            issue["file"],
            str(issue["line"]),
            issue["action"],
            field(issue["field"]),
            issue["value"] or "",
            issue["reason"],
        )
        for issue in islice(issues(dataset), SHOWN_ISSUES)
    ]
    first = "" if len(listed) == total else f"The first {count(len(listed))} of "
    return Section(
        "Rows with issues",
        f"{first}{count(total)} issues.",
        [Table(("File", "#Line", "Row was", "Field", "Value", "Reason"), listed)],
    )
