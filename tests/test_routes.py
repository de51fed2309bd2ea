"""The routes of the map's data, without a server."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from test_queries import matches, selections

from bordermap.catalog import Catalog
from bordermap.selection import Selection
from bordermap.web import data
from bordermap.web.server import routes


def get(address: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer as the server does, before the app's own middleware."""
    url = urlsplit(address)
    scope = {
        "type": "http",
        "method": "GET",
        "path": url.path,
        "query_string": url.query.encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
    }
    for route in routes():
        match, more = route.matches(scope)
        if match is Match.FULL:
            response = route.endpoint(Request({**scope, **more}))
            assert isinstance(response, Response)
            return response
    raise AssertionError(f"no route for {address}")


def mask_address(chosen: Selection) -> str | None:
    address = data.mask_address(data.dataset().digest, chosen)
    return address and address.removeprefix("../..")


def bits(response: Response) -> np.ndarray:
    body = bytes(response.body)
    if response.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return np.unpackbits(np.frombuffer(body, np.uint8), bitorder="little")


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=selections())
def test_a_mask_equals_the_plain_reading_without_dates(catalog: Catalog, chosen: Selection) -> None:
    whenever = chosen.replace(date_from=None, date_to=None)
    records = catalog.records.to_pylist()
    address = mask_address(chosen)
    if address is None:
        assert not whenever
        return
    response = get(address, {"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    found = bits(response)
    wanted = [matches(record, whenever, catalog.gazetteer.places) for record in records]
    assert len(found) == 8 * -(-len(records) // 8)
    assert found[: len(records)].tolist() == wanted
    assert not found[len(records) :].any()


@pytest.mark.parametrize("query", ["kind=meeting", "region=MM-99", "text=%F0%9F%90%98%20'%22"])
def test_a_mask_may_come_plain_packed_or_not_at_all(query: str) -> None:
    address = f"/api/mask/{data.dataset().digest}?{query}"
    plain = get(address)
    packed = get(address, {"Accept-Encoding": "br, GZIP;q=0.5"})
    refused = get(address, {"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert bytes(plain.body) == bytes(refused.body) == gzip.decompress(packed.body)
    assert packed.headers["vary"] == "Accept-Encoding"
    again = get(address, {"If-None-Match": packed.headers["etag"]})
    assert (again.status_code, bytes(again.body)) == (304, b"")
    other = get(f"/api/mask/{data.dataset().digest}?kind=incident")
    assert other.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("kind=%3Cb%3E", "<b>"),
        ("bbox=1,2,3", "1,2,3"),
        ("near-gate=-1", "-1"),
        ("from=2023-01-01", "from"),
        ("to=2023-01-01", "to"),
        ("dataset=all", "dataset"),
        ("knd=meeting", "knd"),
    ],
)
def test_a_mask_of_what_makes_no_sense_is_refused(query: str, named: str) -> None:
    response = get(f"/api/mask/{data.dataset().digest}?{query}")
    assert response.status_code == 400
    assert response.media_type == "text/plain"
    assert named in bytes(response.body).decode()


@pytest.mark.parametrize("path", ["mask", "events", "text", "layers"])
def test_what_belongs_to_no_open_dataset_is_not_found(path: str) -> None:
    assert get(f"/api/{path}/{'0' * 64}").status_code == 404


def test_where_only_time_restricts_there_is_no_mask() -> None:
    days = Selection.from_query("from=2023-01-01&to=2023-12-31&dataset=all")[0]
    assert mask_address(days) is None
    assert mask_address(Selection()) is None
    other = days.replace(kinds=("meeting",))
    assert mask_address(other) == mask_address(Selection(kinds=("meeting",)))


def test_columns_are_packed_once_and_unpacked_for_those_who_ask() -> None:
    opened = data.dataset()
    address = data.addresses(opened.digest)["columns"].removeprefix("../..")
    packed = get(address, {"Accept-Encoding": "gzip"})
    plain = get(address)
    assert packed.body is data.columns(opened)
    assert gzip.decompress(packed.body) == bytes(plain.body)
    assert bytes(plain.body).startswith(b"BMEV")
    assert get(address, {"If-None-Match": packed.headers["etag"]}).status_code == 304
