"""Names and codes of the units and rivers that the layers carry."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """A first-level unit: names in English, Chinese and Burmese, and its legal type."""

    name: str
    name_zh: str
    name_my: str
    type: str


STATES = {
    "MM-01": Unit("Sagaing Region", "实皆省", "စစ်ကိုင်းတိုင်းဒေသကြီး", "Region"),
    "MM-02": Unit("Bago Region", "勃固省", "ပဲခူးတိုင်းဒေသကြီး", "Region"),
    "MM-03": Unit("Magway Region", "马圭省", "မကွေးတိုင်းဒေသကြီး", "Region"),
    "MM-04": Unit("Mandalay Region", "曼德勒省", "မန္တလေးတိုင်းဒေသကြီး", "Region"),
    "MM-05": Unit("Tanintharyi Region", "德林达依省", "တနင်္သာရီတိုင်းဒေသကြီး", "Region"),
    "MM-06": Unit("Yangon Region", "仰光省", "ရန်ကုန်တိုင်းဒေသကြီး", "Region"),
    "MM-07": Unit("Ayeyarwady Region", "伊洛瓦底省", "ဧရာဝတီတိုင်းဒေသကြီး", "Region"),
    "MM-11": Unit("Kachin State", "克钦邦", "ကချင်ပြည်နယ်", "State"),
    "MM-12": Unit("Kayah State", "克耶邦", "ကယားပြည်နယ်", "State"),
    "MM-13": Unit("Kayin (Karen) State", "克伦邦", "ကရင်ပြည်နယ်", "State"),
    "MM-14": Unit("Chin State", "钦邦", "ချင်းပြည်နယ်", "State"),
    "MM-15": Unit("Mon State", "孟邦", "မွန်ပြည်နယ်", "State"),
    "MM-16": Unit("Rakhine State", "若开邦", "ရခိုင်ပြည်နယ်", "State"),
    "MM-17": Unit("Shan State", "掸邦", "ရှမ်းပြည်နယ်", "State"),
}
FEATURED = frozenset({"MM-11", "MM-13", "MM-16", "MM-17"})
INCLUDES = {"MM-04": ["MM-18"]}
"""Units whose area is merged into another: Naypyidaw has no polygon of its own."""

YUNNAN = "CN-YN"
YUNNAN_UNIT = Unit("Yunnan Province", "云南省", "ယူနန်ပြည်နယ်", "Province")

COUNTRIES = {
    "BD": ("Bangladesh", "孟加拉国"),
    "BT": ("Bhutan", "不丹"),
    "CN": ("China", "中国"),
    "ID": ("Indonesia", "印度尼西亚"),
    "IN": ("India", "印度"),
    "KH": ("Cambodia", "柬埔寨"),
    "LA": ("Laos", "老挝"),
    "MM": ("Myanmar", "缅甸"),
    "MY": ("Malaysia", "马来西亚"),
    "NP": ("Nepal", "尼泊尔"),
    "TH": ("Thailand", "泰国"),
    "VN": ("Vietnam", "越南"),
}

RIVERS = {
    "Ayeyarwady (Irrawaddy)": "Ayeyarwady (Irrawaddy)",
    "Irrawaddy Delta": "Ayeyarwady (Irrawaddy)",
    "Nmai": "N'Mai",
    "Chindwin": "Chindwin",
    "Mytinge": "Myitnge (Dokhtawaddy)",
    "Mytitha": "Myittha",
    "Sittong": "Sittaung",
    "Kaladan": "Kaladan",
    "Nu": "Salween (Thanlwin, Nu)",
    "Nu (Salween)": "Salween (Thanlwin, Nu)",
    "Salween": "Salween (Thanlwin, Nu)",
    "Lancang (Mekong)": "Mekong (Lancang)",
    "Mekong": "Mekong (Lancang)",
    "Jinsha (Yangtze)": "Yangtze (Jinsha)",
    "Chang Jiang (Yangtze)": "Yangtze (Jinsha)",
    "Hong (Red)": "Red (Yuan, Hong)",
    "Brahmaputra": "Brahmaputra (Yarlung Tsangpo)",
    "Yarlung (Brahmaputra)": "Brahmaputra (Yarlung Tsangpo)",
    "Ganges": "Ganges",
    "Chao Phraya": "Chao Phraya",
    "Ping": "Ping",
}
"""Rivers that are kept: name in Natural Earth and name shown."""
