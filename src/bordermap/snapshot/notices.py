"""What every snapshot and table says of its sources, its terms and its boundaries."""

from __future__ import annotations

import pyarrow as pa

from bordermap.catalog.join import CURATED

DISCLAIMER = "Boundaries and names are indicative and imply no position or endorsement."
LICENSE = "CC-BY-4.0"
"""Of the chronology's records; sources keep their own rights."""

IMPORTED = "imported events: terms of their publishers"

_BASE_MAP = (
    "Base map © OpenStreetMap contributors (ODbL), Natural Earth; places GeoNames (CC BY 4.0)."
)


def license_of(records: pa.Table) -> str:
    """Return under which terms records may be used; those of imported ones are not ours."""
    datasets = set(records["dataset"].unique().to_pylist())
    if not datasets - {CURATED}:
        return LICENSE
    return f"{LICENSE}; {IMPORTED}" if CURATED in datasets else IMPORTED


def credit(records: pa.Table) -> str:
    """Return whom the base map and the records of a snapshot are owed to."""
    terms = license_of(records).replace(LICENSE, "records and text CC BY 4.0")
    return f"{_BASE_MAP} {terms[0].upper()}{terms[1:]}."
