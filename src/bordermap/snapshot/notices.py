"""What every snapshot says of its sources and of its boundaries."""

DISCLAIMER = "Boundaries and names are indicative and imply no position or endorsement."
CREDIT = (
    "Base map © OpenStreetMap contributors (ODbL), Natural Earth; places GeoNames (CC BY 4.0)."
    " Records and text CC BY 4.0."
)
