"""The closed vocabularies of the record model and their words on the screen."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a record is."""

    INCIDENT = "incident"
    MEETING = "meeting"


class Family(StrEnum):
    """Groups of categories; the unit of colour, since thirty hues cannot be told apart."""

    FIGHTING = "fighting"
    CEASEFIRE = "ceasefire"
    LAW_ENFORCEMENT = "law_enforcement"
    DIPLOMACY = "diplomacy"
    TRADE = "gates_and_trade"
    INFRASTRUCTURE = "infrastructure_and_agreements"
    PEOPLE = "people"
    OTHER = "other"


class DatePrecision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    RANGE = "range"
    MONTH = "month"
    APPROX = "approx"
    UNKNOWN = "unknown"


class GeoPrecision(StrEnum):
    """How exactly a place is known, from best to worst."""

    EXACT = "exact"
    NEAR = "near"
    DISTRICT = "district"
    STATE = "state"
    COUNTRY = "country"
    NONE = "none"


POINT_PRECISIONS = (GeoPrecision.EXACT, GeoPrecision.NEAR, GeoPrecision.DISTRICT)
"""Precisions that come with a point; the worse ones are areas."""


class Role(StrEnum):
    """What a place is to a record, the most telling first."""

    LOCATION = "location"
    VENUE = "venue"
    ORIGIN = "origin"
    DESTINATION = "destination"
    SUBJECT = "subject"


class Confidence(StrEnum):
    """How far the record can be trusted."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Scope(StrEnum):
    """Why a record belongs to this map."""

    BORDER = "border"
    CORRIDOR = "corridor"
    NETWORK = "network"
    DIPLOMACY = "diplomacy"
    CONTEXT = "context"
    IMPORTED = "imported"


CURATED_SCOPES = frozenset(Scope) - {Scope.IMPORTED}
"""Scopes of the chronology; events that the reader brought have one of their own."""


class Topic(StrEnum):
    """What a record is about."""

    SCAMS = "scams"
    GAMBLING = "gambling"
    TRAFFICKING = "trafficking"
    DRUGS = "drugs"
    CONFLICT = "conflict"
    CEASEFIRE = "ceasefire"
    BORDER_STABILITY = "border_stability"
    SECURITY_COOPERATION = "security_cooperation"
    SAFETY_OF_NATIONALS = "safety_of_nationals"
    TRADE = "trade"
    INFRASTRUCTURE = "infrastructure"
    ENERGY = "energy"
    MINING = "mining"
    DISPLACEMENT = "displacement"
    COVID = "covid"
    ELECTIONS = "elections"
    DISASTER_RELIEF = "disaster_relief"
    DIPLOMACY = "diplomacy"


class GateClass(StrEnum):
    """Class of a border crossing as Yunnan's port administration uses it."""

    FIRST = "first-class"
    SECOND = "second-class"
    CHANNEL = "channel"
    NONE = "none"


class SiteClass(StrEnum):
    """Why a place is shown on the layer of sites."""

    DEEP_SEA_PORT = "deep_sea_port"
    SPECIAL_ECONOMIC_ZONE = "special_economic_zone"
    PIPELINE_TERMINAL = "pipeline_terminal"
    HEADQUARTERS = "headquarters"
    CAPITAL = "capital"
    VENUE = "venue"
    SCAM_LOCALITY = "scam_locality"


class GateState(StrEnum):
    """Whether a gate is passable."""

    OPEN = "open"
    RESTRICTED = "restricted"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a source tells of a gate: that its state changed, or how it was found."""

    CHANGE = "change"
    REPORT = "report"


class ActorKind(StrEnum):
    """What an actor is."""

    STATE_BODY = "state_body"
    LOCAL_AUTHORITY = "local_authority"
    COURT = "court"
    ARMED_GROUP = "armed_group"
    MILITIA = "militia"
    ORGANISATION = "organisation"
    COMPANY = "company"
    CRIMINAL_NETWORK = "criminal_network"
    PERSON = "person"
    OTHER = "other"


class RelationType(StrEnum):
    """How one record hangs together with another, read from the first to the second."""

    FOLLOWS = "follows"
    REOPENS = "reopens"
    AGREED_AT = "agreed_at"
    CONCERNS = "concerns"
    RESPONDS_TO = "responds_to"
    PART_OF = "part_of"
    SAME_AFFAIR = "same_affair"


class Qualifier(StrEnum):
    """How a source qualifies a figure."""

    EXACT = "exact"
    ABOUT = "about"
    AT_LEAST = "at_least"
    OVER = "over"
    ALMOST = "almost"


INCIDENT_CATEGORIES: dict[str, Family] = {
    "armed_clash": Family.FIGHTING,
    "airstrike_shelling": Family.FIGHTING,
    "territorial_change": Family.FIGHTING,
    "stray_fire": Family.FIGHTING,
    "explosive_device": Family.FIGHTING,
    "violence_against_civilians": Family.FIGHTING,
    "military_exercise": Family.FIGHTING,
    "border_closure": Family.TRADE,
    "border_reopening": Family.TRADE,
    "scam_raid": Family.LAW_ENFORCEMENT,
    "arrest": Family.LAW_ENFORCEMENT,
    "repatriation": Family.LAW_ENFORCEMENT,
    "abduction_or_trafficking": Family.PEOPLE,
    "drug_seizure": Family.LAW_ENFORCEMENT,
    "sanction_or_verdict": Family.LAW_ENFORCEMENT,
    "displacement": Family.PEOPLE,
    "protest": Family.PEOPLE,
    "riot": Family.PEOPLE,
    "infrastructure": Family.INFRASTRUCTURE,
    "trade": Family.TRADE,
    "other": Family.OTHER,
}

MEETING_CATEGORIES: dict[str, Family] = {
    "bilateral_talks": Family.DIPLOMACY,
    "trilateral_talks": Family.DIPLOMACY,
    "multilateral_summit": Family.DIPLOMACY,
    "ministerial_visit": Family.DIPLOMACY,
    "envoy_visit": Family.DIPLOMACY,
    "law_enforcement_cooperation": Family.LAW_ENFORCEMENT,
    "handover_ceremony": Family.LAW_ENFORCEMENT,
    "joint_patrol": Family.LAW_ENFORCEMENT,
    "ceasefire_talks": Family.CEASEFIRE,
    "border_trade_talks": Family.TRADE,
    "agreement_signed": Family.INFRASTRUCTURE,
    "phone_or_video_call": Family.DIPLOMACY,
    "other": Family.OTHER,
}

CATEGORIES: dict[Kind, dict[str, Family]] = {
    Kind.INCIDENT: INCIDENT_CATEGORIES,
    Kind.MEETING: MEETING_CATEGORIES,
}
FAMILIES: dict[str, Family] = {**INCIDENT_CATEGORIES, **MEETING_CATEGORIES}

RELATION_WORDS: dict[RelationType, tuple[str, str]] = {
    RelationType.FOLLOWS: ("Follows", "Followed by"),
    RelationType.REOPENS: ("Reopens what was closed by", "Reopened by"),
    RelationType.AGREED_AT: ("Agreed at", "Led to"),
    RelationType.CONCERNS: ("Talks about", "Taken up at"),
    RelationType.RESPONDS_TO: ("Responds to", "Answered by"),
    RelationType.PART_OF: ("Part of", "Includes"),
    RelationType.SAME_AFFAIR: ("Same affair", "Same affair"),
}
"""Words for a relation as seen from its first record, and as seen from its second."""

REGION_NAMES: dict[str, str] = {
    "MM-01": "Sagaing Region",
    "MM-02": "Bago Region",
    "MM-03": "Magway Region",
    "MM-04": "Mandalay Region",
    "MM-05": "Tanintharyi Region",
    "MM-06": "Yangon Region",
    "MM-07": "Ayeyarwady Region",
    "MM-11": "Kachin State",
    "MM-12": "Kayah State",
    "MM-13": "Kayin (Karen) State",
    "MM-14": "Chin State",
    "MM-15": "Mon State",
    "MM-16": "Rakhine State",
    "MM-17": "Shan State",
    "MM-18": "Naypyidaw",
    "CN-YN": "Yunnan",
    "CN-BJ": "Beijing",
    "CN-AH": "Anhui",
    "CN-CQ": "Chongqing",
    "CN-GD": "Guangdong",
    "CN-JS": "Jiangsu",
    "CN-SD": "Shandong",
    "CN-TJ": "Tianjin",
    "CN-ZJ": "Zhejiang",
    "LA-BK": "Bokeo",
    "TH-10": "Bangkok",
    "TH-50": "Chiang Mai",
    "TH-57": "Chiang Rai",
    "TH-63": "Tak",
    "TH-71": "Kanchanaburi",
    "RU-MOW": "Moscow",
    "RU-SPE": "Saint Petersburg",
}
FEATURED_REGIONS: tuple[str, ...] = ("MM-17", "MM-11", "MM-13", "MM-16", "CN-YN")

LABELS: dict[str, str] = {
    Family.FIGHTING: "Fighting and military",
    Family.CEASEFIRE: "Ceasefire talks",
    Family.LAW_ENFORCEMENT: "Law enforcement and scams",
    Family.DIPLOMACY: "Diplomacy",
    Family.PEOPLE: "People affected",
    "airstrike_shelling": "Airstrike or shelling",
    "explosive_device": "Landmine or explosive device",
    "abduction_or_trafficking": "Abduction or trafficking",
    "sanction_or_verdict": "Sanction or verdict",
    "phone_or_video_call": "Phone or video call",
    "agreement_signed": "Agreement signed",
    DatePrecision.DAY: "exact day",
    DatePrecision.RANGE: "range of days",
    DatePrecision.MONTH: "month only",
    DatePrecision.APPROX: "approximate",
    DatePrecision.UNKNOWN: "undated",
    GeoPrecision.EXACT: "exact place",
    GeoPrecision.NEAR: "within some 15 km",
    GeoPrecision.DISTRICT: "district",
    GeoPrecision.STATE: "state or province",
    GeoPrecision.COUNTRY: "country",
    GeoPrecision.NONE: "not placed",
    Role.LOCATION: "where it happened",
    Role.VENUE: "venue",
    Role.ORIGIN: "from here",
    Role.DESTINATION: "to here",
    Role.SUBJECT: "what it concerns",
    SiteClass.SCAM_LOCALITY: "Locality of reported scam compounds",
}


_PROPER_NAMES = {
    name.lower(): name
    for name in (
        "ASEAN", "Cambodia", "China", "Chinese", "CITIC", "DKBA", "Indonesians", "KIA", "KK Park",
        "Kokang", "Lincang", "Malaysians", "Mandalay", "Mekong", "Menglian", "Muse", "Myanmar",
        "Myawaddy", "Pu'er", "Shwe Kokko", "Starlink", "Thai", "Thailand", "Thais", "TNLA", "USD",
    )
}  # fmt: skip
_PROPER_NAMES["puer"] = "Pu'er"
_PROPER = re.compile(rf"\b({'|'.join(_PROPER_NAMES)})\b", re.IGNORECASE)


def label(value: str) -> str:
    """Return the words for a vocabulary term or a region code.

    Examples
    --------
    >>> label("armed_clash")
    'Armed clash'
    >>> label("MM-17")
    'Shan State'
    >>> label("people_crossed_to_china")
    'People crossed to China'
    """
    if value in REGION_NAMES:
        return REGION_NAMES[value]
    words = value.replace("_", " ").replace("-", " ").capitalize()
    return LABELS.get(value) or _PROPER.sub(lambda name: _PROPER_NAMES[name[0].lower()], words)
