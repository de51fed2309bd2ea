"""The issues of an import, one by one, and a report that holds all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bordermap.store import StoredDataset
from bordermap.store.datasets import damaged


def issues(dataset: StoredDataset) -> Iterator[dict[str, Any]]:
    """Yield what was wrong with rows of the files, by file and line.

    Raises
    ------
    StoreError
        If the dataset is damaged.
    """
    try:
        with pq.ParquetFile(dataset.issues) as file:
            for batch in file.iter_batches(batch_size=10_000):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException):
        raise damaged(dataset.name, f"{dataset.issues.name} cannot be read") from None


def to_json(dataset: StoredDataset) -> Iterator[str]:
    """Yield the pieces of a report as JSON: that of the dataset, with all its issues.

    ``issues`` becomes the list, ``issues_total`` its length.
    """
    found = dict(dataset.report)
    found["issues_total"] = found.pop("issues")
    yield json.dumps(found, ensure_ascii=False, indent=1)[:-2] + ',\n "issues": ['
    comma = "\n"
    for issue in issues(dataset):
        yield f"{comma}  {json.dumps(issue, ensure_ascii=False)}"
        comma = ",\n"
    yield "\n ]\n}\n"
