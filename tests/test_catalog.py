"""The data package as shipped, and spoilt in every way that should be noticed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bordermap import catalog as catalogs
from bordermap.catalog import Catalog
from bordermap.catalog.layers import LAYERS
from bordermap.errors import DataPackageError, Fault
from bordermap.model import vocabulary
from bordermap.model.record import RECORD_SCHEMA
from bordermap.model.vocabulary import REGION_NAMES, GeoPrecision, Role

if TYPE_CHECKING:
    from conftest import Package

RECORDS = "records/records.csv"
PLACES = "records/places.csv"


def found(catalog: Catalog) -> list[tuple[str, int, str]]:
    return [(fault.file, fault.row, fault.field) for fault in catalog.faults]


def ids(catalog: Catalog) -> set[str]:
    return set(catalog.records["id"].to_pylist())


def test_the_shipped_package_has_no_faults(catalog: Catalog) -> None:
    assert catalog.faults == ()
    assert set(catalog.layers) == set(LAYERS)
    assert catalogs.load().digest == catalog.digest


def test_records_have_the_schema_and_its_nulls(catalog: Catalog) -> None:
    records = catalog.records
    assert records.schema == RECORD_SCHEMA
    records.validate(full=True)
    for field in RECORD_SCHEMA:
        assert field.nullable or records[field.name].null_count == 0, field.name


def test_records_are_in_order_of_date_and_the_undated_come_last(catalog: Catalog) -> None:
    starts = catalog.records["date_start"].to_pylist()
    dated = [start for start in starts if start]
    assert starts == sorted(dated) + [None] * (len(starts) - len(dated))


def test_a_record_stands_where_it_was_before_what_it_concerns(catalog: Catalog) -> None:
    records = {record["id"]: record for record in catalog.records.to_pylist()}
    exercise = records["2024-04-02-pla-live-fire-exercise"]
    assert {place["role"] for place in exercise["places"]} == {"location", "subject"}
    dehong = catalog.gazetteer.places["dehong"]
    assert exercise["geo_precision"] == "district"
    assert (exercise["longitude"], exercise["latitude"]) == (dehong.longitude, dehong.latitude)


def test_records_carry_what_was_joined_to_their_places(catalog: Catalog) -> None:
    ranks = [str(precision) for precision in GeoPrecision]
    for record in catalog.records.to_pylist():
        places = record["places"]
        assert record["region_codes"] == sorted(
            {place["region_code"] for place in places if place["region_code"]}
        )
        border = [place["border_km"] for place in places if place["border_km"] is not None]
        gate = [place["gate_km"] for place in places if place["gate_km"] is not None]
        assert record["border_km"] == min(border, default=None)
        assert record["gate_km"] == min(gate, default=None)
        if places:
            there = [place for place in places if place["role"] != "subject"] or places
            best = min(ranks.index(place["geo_precision"]) for place in there)
            assert record["geo_precision"] == ranks[best]
        order = [list(Role).index(place["role"]) for place in places]
        assert order == sorted(order)
        for place in places:
            if place["geo_precision"] in ("state", "country", "none"):
                assert place["gate_id"] is None and place["border_km"] is None


def test_every_region_has_a_name(catalog: Catalog) -> None:
    used = {place.region for place in catalog.gazetteer.places.values()}
    used |= {gate.region for gate in catalog.gates.values()}
    used |= set(catalog.units["code"])
    used |= {code for codes in catalog.records["region_codes"].to_pylist() for code in codes}
    assert used - {None} <= set(REGION_NAMES)
    assert set(vocabulary.FEATURED_REGIONS) <= set(REGION_NAMES)


@pytest.mark.parametrize(
    ("table", "field", "terms"),
    [
        ("records", "kind", vocabulary.Kind),
        ("records", "category", vocabulary.FAMILIES),
        ("records", "scope", vocabulary.CURATED_SCOPES),
        ("records", "confidence", vocabulary.Confidence),
        ("claims", "confidence", vocabulary.Confidence),
        ("claims", "qualifier", vocabulary.Qualifier),
        ("places", "geo_precision", vocabulary.GeoPrecision),
        ("places", "site_class", vocabulary.SiteClass),
        ("gates", "gate_class", vocabulary.GateClass),
    ],
)
def test_the_descriptor_has_the_same_vocabularies(
    catalog: Catalog, table: str, field: str, terms: Any
) -> None:
    descriptor = json.loads((catalog.root / "datapackage.json").read_text("utf-8"))
    fields = {
        (resource["name"], column["name"]): column
        for resource in descriptor["resources"]
        for column in resource.get("schema", {}).get("fields", [])
    }
    assert set(fields[table, field]["constraints"]["enum"]) == {str(term) for term in terms}


def test_the_descriptor_has_the_same_roles(catalog: Catalog) -> None:
    text = (catalog.root / "datapackage.json").read_text("utf-8")
    (roles,) = set(re.findall(r"\^\(([a-z|]+)\):", text))
    assert set(roles.split("|")) == {str(role) for role in Role}


BAD_RECORDS: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({"places": "location:laizaa"}, [("places", "did you mean 'laiza'?")]),
    ({"places": "laiza"}, [("places", "'laiza' is not role:place with one of location, ")]),
    ({"places": "scene:laiza"}, [("places", "'scene:laiza' is not role:place")]),
    ({"places": "location:"}, [("places", "'location:' is not role:place")]),
    ({"date_edtf": "12 April 2024"}, [("date_edtf", "'12 April 2024' is not a date; write ")]),
    ({"date_edtf": "2023-02-29"}, [("date_edtf", "is not a day of the calendar")]),
    ({"date_edtf": "2023-05/2023-04"}, [("date_edtf", "ends before it starts")]),
    ({"kind": "party"}, [("kind", "'party' is not one of incident, meeting")]),
    ({"kind": ""}, [("kind", "is empty and must not be")]),
    ({"category": "picnic"}, [("category", "'picnic' is not one of agreement_sig")]),
    ({"category": "stray_fire"}, [("category", "'stray_fire' is not one of agreement_sig")]),
    ({"category": ""}, [("category", "is empty and must not be")]),
    ({"sources": "hearsay"}, [("sources", "'hearsay' is not in records/sources.csv")]),
    ({"sources": ""}, [("sources", "is empty; every row needs a source")]),
    ({"title": " "}, [("title", "is empty and must not be")]),
    ({"title": "Bell \x07"}, [("title", "holds a control character")]),
    ({"summary": "CSI \x9b31m"}, [("summary", "holds a control character")]),
    ({"actors": "Escape \x1b[31m"}, [
        ("actors", "holds a control character"),
        ("actors", "is not in records/actors.csv"),
    ]),
    ({"actors": "Hobbits"}, [("actors", "'Hobbits' is not in records/actors.csv")]),
    ({"actors": "KIA"}, [("actors", "'KIA' is spelled 'Kachin Independence Army (KIA)'")]),
    ({"title": "Talks <b>today</b>"}, [
        ("title", "holds markup, '<b>'"),
        ("title", "holds markup, '</b>'"),
    ]),
    ({"summary": "A &amp; B <!-- x"}, [
        ("summary", "holds markup, '&amp;'"),
        ("summary", "holds markup, '<!-- x'"),
    ]),
    ({"title": "Junta troops fled", "notes": "The gang claims 3."}, [
        ("title", "'Junta' is loaded; write the military government"),
        ("title", "'fled' is loaded; write left or crossed"),
        ("notes", "'gang' is loaded; write network or family"),
        ("notes", "'claims' is loaded; write said"),
    ]),
    ({"date_edtf": "03/04/2024"}, [("date_edtf", "'03/04/2024' is ambiguous; write year")]),
    ({"sources": "globaltimes-2023-03-24\x00"}, [
        ("sources", "holds a control character"),
        ("sources", "is not in records/sources.csv"),
    ]),
    ({"figures": "students=four"}, [("figures", "'students=four' is not name=number")]),
    ({"figures": "students=nan"}, [("figures", "'students=nan' is not name=number")]),
    ({"figures": "students=inf;n=1"}, [("figures", "'students=inf' is not name=number")]),
    ({"figures": "=4"}, [("figures", "'=4' is not name=number")]),
    ({"figures": "students=4;students=5"}, [("figures", "'students' is given twice")]),
    ({"fatalities_best": "-1"}, [("fatalities_best", "-1 is not between 0 and ")]),
    ({"fatalities_low": "1.5"}, [("fatalities_low", "1.5 is not a whole number")]),
    ({"fatalities_high": "nan"}, [("fatalities_high", "'nan' is not a finite number")]),
    ({"fatalities_high": "9e99"}, [("fatalities_high", "9e99 is not between 0 and ")]),
    ({"scope": "moon", "confidence": "99"}, [
        ("scope", "'moon' is not one of border, "),
        ("confidence", "'99' is not one of high, low, medium"),
    ]),
    ({"id": "Not An Id"}, [("id", "'Not An Id' is not an id")]),
    ({"id": ""}, [("id", "is empty and must not be")]),
    ({"id": "2023-03-20-students-return"}, [("id", "is already the id of line ")]),
]  # fmt: skip

BAD_PLACES: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({"longitude": "97.5", "geo_precision": "near"}, [("longitude", "both or neither")]),
    ({"longitude": "", "latitude": "", "geo_precision": "exact"}, [
        ("geo_precision", "'exact' needs a longitude and latitude"),
    ]),
    ({"longitude": "24.76", "latitude": "97.56", "geo_precision": "exact"}, [
        ("latitude", "97.56 is not between -90 and 90"),
        ("longitude", "both or neither"),
    ]),
    ({"longitude": "181", "latitude": "24"}, [
        ("longitude", "181 is not between -180 and 180"),
        ("longitude", "both or neither"),
    ]),
    ({"longitude": "nan", "latitude": "inf"}, [
        ("longitude", "'nan' is not a finite number"),
        ("latitude", "'inf' is not a finite number"),
    ]),
    ({"longitude": "east", "latitude": "north"}, [
        ("longitude", "'east' is not a number"),
        ("latitude", "'north' is not a number"),
    ]),
    ({"longitude": "79.65", "latitude": "24.76", "geo_precision": "exact",
      "coordinate_source": "test", "region": "MM-11"}, [
        ("region", "km outside MM-11"),
    ]),
    ({"region": "MM-99"}, [("region", "'MM-99' is not an ISO 3166-2 code")]),
    ({"region": "Shan"}, [("region", "'Shan' is not an ISO 3166-2 code")]),
    ({"geo_precision": "street"}, [("geo_precision", "'street' is not one of country, ")]),
    ({"names_verified": "yes"}, [("names_verified", "'yes' is not one of false, true")]),
    ({"site_class": "pub"}, [("site_class", "'pub' is not one of capital, ")]),
    ({"aliases": "Lwe-gel"}, [("aliases", "'lwegel' is also a name of 'lweje'")]),
]  # fmt: skip


def expected(
    file: str, lines: list[int], bad: list[tuple[dict[str, str], list[tuple[str, str]]]]
) -> list[tuple[str, int, str, str]]:
    return [
        (file, line, field, reason)
        for line, (_, faults) in zip(lines, bad, strict=True)
        for field, reason in faults
    ]


def test_every_bad_row_is_named_at_once_and_the_rest_is_kept(
    package: Package, catalog: Catalog
) -> None:
    lines = package.add(
        "records",
        *({"id": f"bad-{number}", **cells} for number, (cells, _) in enumerate(BAD_RECORDS)),
    )
    wanted = expected(RECORDS, lines, BAD_RECORDS)
    blank = dict.fromkeys(("name_zh", "name_my", "aliases", "region", "country", "note"), "")
    lines = package.add(
        "places",
        *(
            {**blank, "id": f"bad-{number}", "name": f"Bad {number}", **cells}
            for number, (cells, _) in enumerate(BAD_PLACES)
        ),
    )
    wanted += expected(PLACES, lines, BAD_PLACES)
    spoilt = package.load()
    assert len(spoilt.faults) == len(wanted)
    for file, line, field, reason in wanted:
        assert any(
            (fault.file, fault.row, fault.field) == (file, line, field) and reason in fault.reason
            for fault in spoilt.faults
        ), (file, line, field, reason)
    assert list(spoilt.faults) == sorted(set(spoilt.faults))
    assert spoilt.records.equals(catalog.records)
    aliased = {f"bad-{len(BAD_PLACES) - 1}"}
    assert set(spoilt.gazetteer.places) == set(catalog.gazetteer.places) | aliased
    assert (spoilt.sources, spoilt.claims) == (catalog.sources, catalog.claims)


@pytest.mark.parametrize(
    ("table", "identifier", "cells", "reason"),
    [
        ("sources", "chinadaily-2023-05-04", {"url": "javascript:alert(1)"}, "not a web address"),
        ("sources", "chinadaily-2023-05-04", {"published": "spring"}, "is not a day like"),
        ("gates", "ruili-muse", {"sources": "data:text/html,x"}, "is not a web address"),
        ("gates", "ruili-muse", {"china_place": "atlantis"}, "is not in records/places.csv"),
        ("gates", "ruili-muse", {"latitude": ""}, "must be given both or neither"),
        ("gates", "ruili-muse", {"latitude": "29.9"}, "km outside MM-17"),
        ("gates", "ruili-muse", {"gate_class": "third"}, "is not one of channel, "),
        ("claims", "yunnan-ports-scmp", {"value": "many"}, "'many' is not a number"),
        ("claims", "yunnan-ports-scmp", {"value": ""}, "is empty and must not be"),
        ("claims", "yunnan-ports-scmp", {"value": "nan"}, "'nan' is not a finite number"),
        ("claims", "yunnan-ports-scmp", {"source": "hearsay"}, "is not in records/sources.csv"),
        ("claims", "yunnan-ports-scmp", {"date_edtf": "soon"}, "'soon' is not a date"),
    ],
)
def test_a_bad_cell_drops_its_row_only(
    package: Package, table: str, identifier: str, cells: dict[str, str], reason: str
) -> None:
    package.edit(table, identifier, **cells)
    line = 2 + [row["id"] for row in package.rows(table)].index(identifier)
    spoilt = package.load()
    (fault,) = (fault for fault in spoilt.faults if fault.file == f"records/{table}.csv")
    assert fault.row == line and fault.field
    assert reason in fault.reason
    kept = {"sources": spoilt.sources, "gates": spoilt.gates}.get(
        table, {claim.id for claim in spoilt.claims}
    )
    assert identifier not in kept and len(kept) == len(package.rows(table)) - 1


def test_what_refers_to_a_bad_row_is_named_too(package: Package) -> None:
    package.edit("places", "laiza", latitude="124.76")
    spoilt = package.load()
    assert {fault.file for fault in spoilt.faults} == {
        PLACES,
        RECORDS,
        "records/gates.csv",
        "records/gate_statuses.csv",
        "records/relations.csv",
    }
    assert "2024-04-02-pla-live-fire-exercise" not in ids(spoilt)
    assert "2024-04-lwegel-kia" in ids(spoilt)


def test_lines_are_an_editors_also_after_cells_of_many_lines(package: Package) -> None:
    package.edit("records", "2023-03-20-students-return", notes='One,\ntwo "quoted"\n\nthree.')
    package.edit("records", "2023-03-20-trilateral-police-meeting", scope="moon")
    package.edit("records", "2024-04-25-wang-xiaohong-yar-pyae", scope="sun")
    text = package.table("records").read_text("utf-8").splitlines()
    expected = [
        1 + next(n for n, line in enumerate(text) if line.startswith(start))
        for start in ("2023-03-20-trilateral-police-meeting,", "2024-04-25-wang-xiaohong-yar-")
    ]
    spoilt = package.load()
    named = [fault for fault in found(spoilt) if fault[0] == RECORDS]
    assert named == [(RECORDS, line, "scope") for line in expected]
    notes = dict(
        zip(spoilt.records["id"].to_pylist(), spoilt.records["notes"].to_pylist(), strict=True)
    )
    assert notes["2023-03-20-students-return"] == 'One,\ntwo "quoted"\n\nthree.'


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_a_byte_order_mark_and_line_ends_do_not_matter(
    package: Package, catalog: Catalog, newline: str
) -> None:
    text = package.table("records").read_text("utf-8")
    package.table("records").write_bytes(text.replace("\n", newline).encode("utf-8-sig"))
    spoilt = package.load()
    assert not spoilt.faults and spoilt.records.equals(catalog.records)


def test_blank_lines_do_not_matter(package: Package, catalog: Catalog) -> None:
    package.rewrite(package.table("records"), lambda text: text.replace("\n2023", "\n\n2023", 3))
    spoilt = package.load()
    assert not spoilt.faults and spoilt.records.equals(catalog.records)


def fault_of(package: Package, file: str) -> Fault:
    (fault,) = (fault for fault in package.load().faults if fault.file == file)
    return fault


def test_missing_column(package: Package) -> None:
    package.rewrite(package.table("records"), lambda text: text.replace("date_edtf", "day", 1))
    fault = fault_of(package, RECORDS)
    assert (fault.row, fault.reason) == (1, "lacks the column(s) date_edtf")


def test_empty_table(package: Package) -> None:
    package.table("claims").write_text("")
    fault = fault_of(package, "records/claims.csv")
    assert fault.row == 1 and fault.reason.startswith("lacks the column(s) id, subject, ")


def test_wrong_number_of_cells(package: Package, catalog: Catalog) -> None:
    package.rewrite(
        package.table("records"),
        lambda text: text.replace("\n2023-03-20-students", "\nshort,row\n2023-03-20-students"),
    )
    line = 1 + package.table("records").read_text("utf-8").splitlines().index("short,row")
    fault = fault_of(package, RECORDS)
    assert (fault.row, fault.reason) == (line, "has 2 cells where the header has 19")
    assert package.load().records.equals(catalog.records)


def test_not_utf8(package: Package) -> None:
    data = package.table("claims").read_bytes().split(b"\n")
    data[4] += b"\xff"
    package.table("claims").write_bytes(b"\n".join(data))
    fault = fault_of(package, "records/claims.csv")
    assert (fault.row, fault.reason) == (5, "is not UTF-8 text; save it as UTF-8")


def test_unclosed_quote_is_named_where_it_opens(package: Package) -> None:
    package.rewrite(
        package.table("records"), lambda text: text.replace("\n2024-04-lwegel", '\n"2024-04-lwegel')
    )
    text = package.table("records").read_text("utf-8").splitlines()
    line = 1 + next(n for n, row in enumerate(text) if row.startswith('"2024-04-lwegel'))
    spoilt = package.load()
    assert (RECORDS, line, "") in found(spoilt)
    assert all(
        "CSV" in fault.reason or "cells" in fault.reason
        for fault in spoilt.faults
        if fault.file == RECORDS
    )
    assert "2024-04-02-pla-live-fire-exercise" in ids(spoilt)


def test_a_stray_quote_spoils_its_row_only(package: Package, catalog: Catalog) -> None:
    package.rewrite(package.table("claims"), lambda text: text.replace("\n", '\nx,"y"z\n', 1))
    fault = fault_of(package, "records/claims.csv")
    assert fault.row == 2 and "is not well-formed CSV" in fault.reason
    assert package.load().claims == catalog.claims


@pytest.mark.parametrize("table", ["records", "places", "gates", "sources", "claims"])
def test_missing_table(package: Package, table: str) -> None:
    package.table(table).unlink()
    spoilt = package.load()
    assert Fault(f"records/{table}.csv", 0, "", "cannot be read: No such file or directory") in (
        spoilt.faults
    )
    assert bool(spoilt.sources) == (table != "sources")


def collection(package: Package, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    def changed(text: str) -> str:
        layer = json.loads(text)
        change(layer)
        return json.dumps(layer, ensure_ascii=False)

    package.rewrite(package.layer(name), changed)


def test_bad_layers_are_named_at_once_and_the_rest_is_kept(package: Package) -> None:
    def bow_tie(layer: dict[str, Any]) -> None:
        rings = [[[95, 20], [96, 21], [96, 20], [95, 21], [95, 20]]]
        layer["features"][3]["geometry"] = {"type": "Polygon", "coordinates": rings}
        layer["features"][5]["properties"]["code"] = layer["features"][4]["properties"]["code"]
        del layer["features"][6]["properties"]["name"]

    def in_metres(layer: dict[str, Any]) -> None:
        layer["features"][0]["geometry"]["coordinates"] = [[1e6, 2e6], [1.1e6, 2e6]]

    def empty(layer: dict[str, Any]) -> None:
        layer["features"][0]["geometry"] = {"type": "LineString", "coordinates": []}

    def nameless(layer: dict[str, Any]) -> None:
        for feature in layer["features"]:
            del feature["properties"]["name"]

    collection(package, "states", bow_tie)
    collection(package, "corridor", in_metres)
    collection(package, "rivers", empty)
    collection(package, "countries", nameless)
    package.layer("boundaries").unlink()
    package.layer("coastline").write_text("{ this is not JSON")
    package.layer("sites").write_text('{"type": "FeatureCollection", "features": []}')
    package.layer("places").unlink()
    spoilt = package.load()
    reasons = {(fault.file, fault.row, fault.field): fault.reason for fault in spoilt.faults}
    assert list(reasons) == [
        ("layers/boundaries.geojson", 0, ""),
        ("layers/coastline.geojson", 0, ""),
        ("layers/corridor.geojson", 1, "geometry"),
        ("layers/countries.geojson", 0, ""),
        ("layers/places.geojson", 0, ""),
        ("layers/rivers.geojson", 1, "geometry"),
        ("layers/sites.geojson", 0, ""),
        ("layers/states.geojson", 4, "geometry"),
        ("layers/states.geojson", 6, "code"),
        ("layers/states.geojson", 7, "name"),
    ]
    said = [
        "is missing",
        "is not readable GeoJSON: ",
        "is not in degrees of longitude and latitude",
        "lacks the property name",
        "is named in datapackage.json and missing",
        "is empty",
        "lacks the property id, name, site_class",
        "is not valid: Self-intersection",
        "is already that of another feature",
        "is empty and must not be",
    ]
    assert all(part in reason for part, reason in zip(said, reasons.values(), strict=True)), reasons
    assert len(spoilt.layers["states"]) == 11
    assert len(spoilt.layers["corridor"]) == 4 and len(spoilt.layers["rivers"]) == 14
    assert len(spoilt.records) == len(package.rows("records"))


@pytest.mark.parametrize("name", ["gates", "sites", "border", "states", "rivers"])
def test_a_geometry_of_another_type_is_left_out(package: Package, name: str) -> None:
    def scattered(layer: dict[str, Any]) -> None:
        points = [[98.0, 24.0], [98.1, 24.1]]
        layer["features"][0]["geometry"] = {"type": "MultiPoint", "coordinates": points}

    before = len(package.load().layers[name])
    collection(package, name, scattered)
    spoilt = package.load()
    (fault,) = (fault for fault in spoilt.faults if fault.file == f"layers/{name}.geojson")
    assert (fault.row, fault.field) == (1, "geometry")
    assert fault.reason.startswith("is a MultiPoint, not a ")
    assert len(spoilt.layers[name]) == before - 1


def test_a_package_without_layers_still_has_its_records(package: Package) -> None:
    for name in LAYERS:
        package.layer(name).unlink()
    spoilt = package.load()
    assert len(spoilt.faults) == len(LAYERS)
    assert len(spoilt.records) == len(package.rows("records"))
    assert spoilt.records["border_km"].null_count == len(spoilt.records)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not a data package descriptor: "),
        ("[]", "is not a data package descriptor: "),
        ('{"resources": [{}]}', "is not a data package descriptor: "),
        ('{"resources": [{"path": ["a.geojson"]}]}', "is named in datapackage.json and missing"),
        ('{"resources": [{"path": "README.txt"}]}', "is named in datapackage.json and missing"),
    ],
)
def test_bad_descriptor(package: Package, text: str, reason: str) -> None:
    (package.root / "datapackage.json").write_text(text)
    (fault,) = package.load().faults
    assert reason in fault.reason


def test_missing_descriptor(package: Package) -> None:
    (package.root / "datapackage.json").unlink()
    assert fault_of(package, "datapackage.json").reason.startswith("cannot be read")


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_no_package_at_all(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataPackageError, match="is not a folder with a data package"):
        catalogs.load(tmp_path / name)


def test_an_imprecise_place_with_a_point_gets_no_region_from_it(package: Package) -> None:
    package.edit("places", "myanmar", longitude="96.1", latitude="21.9")
    places = [
        place
        for record in package.load().records.to_pylist()
        for place in record["places"]
        if place["place_id"] == "myanmar"
    ]
    assert places
    assert {(place["region_code"], place["border_km"]) for place in places} == {(None, None)}


def test_the_digest_is_of_the_files(package: Package) -> None:
    before = package.load().digest
    assert package.load().digest == before
    package.edit("claims", "yunnan-ports-scmp", value="11")
    assert package.load().digest != before


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Loije", "lweje"),
        ("LWE-JEL", "lweje"),
        ("雷基", "lweje"),
        ("လွယ်ဂျယ်", "lweje"),
        ("Möng La", "mong-la"),
        ("mong ko", "mong-ko"),
        ("Nay Pyi Taw", "naypyidaw"),
        ("kk park", "kk-park"),
        ("Karen", "kayin-state"),
        ("မူဆယ်", "muse"),
    ],
)
def test_places_by_any_name(catalog: Catalog, name: str, place: str) -> None:
    hit = catalog.gazetteer.find(name)
    assert hit is not None and hit.id == place
    assert place in catalog.gazetteer.search(name)


def test_names_that_nobody_has(catalog: Catalog) -> None:
    assert catalog.gazetteer.find("Atlantis") is None
    assert catalog.gazetteer.find("") is None
    assert catalog.gazetteer.search(" -–'") == []
    assert catalog.gazetteer.suggest("laizaa") == "laiza"
    assert catalog.gazetteer.suggest("qqqqqqqq") is None


def test_a_fault_reads_as_an_editor_finds_it() -> None:
    assert str(Fault(RECORDS, 7, "kind", "is wrong")) == f"{RECORDS}:7: kind: is wrong"
    assert str(Fault(RECORDS, 7, "", "is wrong")) == f"{RECORDS}:7: is wrong"
    assert str(Fault(RECORDS, 0, "", "is wrong")) == f"{RECORDS}: is wrong"
