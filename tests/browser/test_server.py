"""The routes beside the app, over HTTP."""

from __future__ import annotations

import gzip
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bordermap.catalog import Catalog
from bordermap.queries import Dataset
from bordermap.selection import Selection


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body, whatever the status is."""
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as response:
            return response.status, dict(response.headers), response.read()
    except HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_health(app_server: str, catalog: Catalog) -> None:
    status, _, body = get(f"{app_server}/healthz")
    assert status == 200
    said = json.loads(body)
    assert said["status"] == "ok"
    assert said["records"] == len(catalog.records)
    assert said["faults"] == len(catalog.faults)


@pytest.mark.parametrize("query", ["", "region=MM-11", "region=Karen", "kind=meeting&text=Beijing"])
def test_records_takes_the_query_of_the_address(
    app_server: str, dataset: Dataset, query: str
) -> None:
    status, headers, body = get(f"{app_server}/api/records?{query}")
    assert status == 200
    assert headers["content-type"] == "application/geo+json"
    selection, _ = Selection.from_query(query.replace("Karen", "MM-13"))
    wanted = set(dataset.select(selection)["id"].to_pylist())
    assert {feature["id"] for feature in json.loads(body)["features"]} == wanted


@pytest.mark.parametrize(
    ("query", "named"),
    [("from=2024-13-01", "2024-13-01"), ("region=XX-99", "XX-99"), ("kind=%3Cb%3E", "<b>")],
)
def test_records_answers_bad_input_plainly(app_server: str, query: str, named: str) -> None:
    status, headers, body = get(f"{app_server}/api/records?{query}")
    assert status == 400
    assert headers["content-type"].startswith("text/plain")
    assert named in body.decode()


@pytest.mark.parametrize("path", ["events", "text", "layers"])
def test_what_is_large_goes_packed_once(
    app_server: str, catalog: Catalog, dataset: Dataset, path: str
) -> None:
    url = f"{app_server}/api/{path}/{catalog.digest if path == 'layers' else dataset.digest}"
    _, headers, plain = get(url)
    assert "content-encoding" not in headers
    _, headers, packed = get(url, **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain)


def test_a_mask_by_http(app_server: str, dataset: Dataset) -> None:
    url = f"{app_server}/api/mask/{dataset.digest}"
    status, headers, body = get(f"{url}?kind=meeting")
    assert status == 200
    assert headers["content-type"] == "application/octet-stream"
    assert body == dataset.mask(Selection(kinds=("meeting",))).tobytes()
    assert get(f"{url}?kind=meeting", **{"If-None-Match": headers["etag"]})[0] == 304
    assert get(f"{url}?kind=meetings")[0] == 400
    assert get(f"{app_server}/api/mask/{'0' * 64}?kind=meeting")[0] == 404


@pytest.mark.parametrize("path", ["events", "text"])
def test_what_never_changes_is_cached_by_its_digest(
    app_server: str, dataset: Dataset, path: str
) -> None:
    url = f"{app_server}/api/{path}/{dataset.digest}"
    status, headers, body = get(url)
    assert status == 200
    assert len(body) > 1000
    assert "immutable" in headers["cache-control"]
    status, _, body = get(url, **{"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")
    status, _, _ = get(f"{app_server}/api/{path}/{'0' * 64}")
    assert status == 404


def test_the_shapes_of_the_map_are_one_answer(app_server: str, catalog: Catalog) -> None:
    status, headers, body = get(f"{app_server}/api/layers/{catalog.digest}")
    assert status == 200
    assert headers["content-type"].startswith("application/json")
    assert {"states", "border", "rivers"} <= json.loads(body).keys()


@pytest.mark.parametrize(
    "path", ["leaflet/leaflet.js", "leaflet/images/layers.png", "map.js", "events.js", "swipe.js"]
)
def test_assets_are_served(app_server: str, path: str) -> None:
    assert get(f"{app_server}/assets/{path}")[0] == 200


@pytest.mark.parametrize("path", ["style.py", "../web/server.py", "%2e%2e/errors.py", "nothing.js"])
def test_nothing_else_is_served(app_server: str, path: str) -> None:
    status, _, body = get(f"{app_server}/assets/{path}")
    assert status in (400, 404)
    assert b"import" not in body
