// The legend of the map: what symbols, colours and outlines say, and the scale of densities.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  // A control of the map; showDensity(shown) says whether the scale of densities belongs to it.
  bordermap.eventLegend = function (map) {
    const density = densityPart();
    const control = new L.Control({ position: "bottomright" });
    control.onAdd = () => {
      const box = bordermap.textElement("details", "", "bordermap-panel bordermap-legend");
      const entries = bordermap.textElement("div", "", "bordermap-entries");
      entries.append(density, ...legendEntries());
      entries.style.maxHeight = Math.max(120, map.getSize().y - 230) + "px";
      box.append(bordermap.textElement("summary", "Legend"), entries);
      box.open = map.getSize().x >= 1000 && map.getSize().y >= 640;
      box.addEventListener("toggle", () => map.fire("bordermap:drawn"));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.showDensity = (shown) => {
      density.hidden = !shown;
    };
    return control;
  };

  // How many events at one spot are how dark.
  function densityPart() {
    const { density } = bordermap.style;
    const full = bordermap.density.FULL;
    const part = bordermap.textElement("div", "", "bordermap-density");
    const bar = document.createElement("div");
    bar.style.background = "linear-gradient(to right, " + density.join(", ") + ")";
    const scale = bordermap.textElement("div", "", "bordermap-density-scale");
    for (let count = 1; count <= full; count *= 10) {
      const sign = count.toLocaleString("en") + (count === full ? "+" : "");
      scale.append(bordermap.textElement("span", sign));
    }
    part.append(bordermap.textElement("h4", "Events at one spot"), bar, scale);
    part.hidden = true;
    return part;
  }

  function legendEntries() {
    const style = bordermap.style;
    const { labels, outlines } = style;
    const sign = (shape, more) =>
      bordermap.symbolElement(
        Object.assign({ shape, size: 11, fill: "#c9ccce", outline: style.ink, width: 1.2 }, more)
      );
    const part = (title, entries) => [bordermap.textElement("h4", title), ...entries];
    return [
      ...part("Kind", Object.entries(style.shapes).map(([kind, shape]) =>
        legendEntry(sign(shape), labels[kind]))),
      ...part("Colour", Object.entries(style.families).map(([family, fill]) =>
        legendEntry(sign("circle", { fill, outline: style.paper }), labels[family]))),
      ...part("How exactly placed", [
        legendEntry(sign("circle", { width: outlines.exact.width }), "Exact place"),
        legendEntry(nearSign(outlines.near), "Within some 15 km"),
        legendEntry(
          sign("circle", { size: 9, fill: style.paper, outline: "#a9adb0", width: 3 }),
          "What it concerns, not where it was"
        ),
        legendEntry(
          sign("circle", { size: 15, dash: [3, 3], outline: style.muted, fill: "#5d666e2a" }),
          "District"
        ),
        legendEntry(badgeSign(), "Only the state or province"),
      ]),
      ...part("Border and sites", [
        ...["border", "disputed", "corridor"].map((name) =>
          legendEntry(lineSign(style.lines[name]), LINE_NAMES[name])),
        ...symbolsOnMap("gates").map(([name, symbol]) =>
          legendEntry(bordermap.symbolElement(symbol), GATE_NAMES[name])),
        ...symbolsOnMap("sites").map(([name, symbol]) =>
          legendEntry(bordermap.symbolElement(symbol), capital(labels[name]))),
      ]),
      bordermap.gateLegend(legendEntry),
    ];
  }

  function symbolsOnMap(role) {
    const present = bordermap.classesOnMap[role] || new Set();
    return Object.entries(bordermap.style[role]).filter(([name]) => present.has(name));
  }

  function nearSign(edge) {
    const sign = document.createElement("span");
    sign.style.cssText =
      "width:10px;height:10px;border-radius:50%;background:#c9ccce;border:" +
      edge.width + "px solid " + edge.colour + ";box-shadow:0 0 0 .6px " + bordermap.style.muted;
    return sign;
  }

  const LINE_NAMES = {
    border: "China–Myanmar border",
    disputed: "Disputed boundary",
    corridor: "Corridor, schematic",
  };
  const GATE_NAMES = {
    "first-class": "Gate, first class",
    "second-class": "Gate, second class",
    channel: "Channel",
    none: "Other crossing",
  };
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  function legendEntry(picture, words) {
    const row = bordermap.textElement("div", "", "bordermap-entry");
    const cell = document.createElement("span");
    cell.append(picture);
    row.append(cell, bordermap.textElement("span", words));
    return row;
  }

  function lineSign(line) {
    const sign = document.createElement("span");
    const dashed = line.dash.length ? "dashed" : "solid";
    sign.style.cssText =
      "width:22px;border-top:" + Math.max(1.5, line.width) + "px " + dashed + " " + line.colour;
    return sign;
  }

  function badgeSign() {
    const { muted, ink } = bordermap.style;
    const sign = bordermap.textElement("span", "≈");
    sign.style.cssText =
      "border:1px dashed " + muted + ";border-radius:3px;padding:0 5px;font-size:10px;color:" + ink;
    return sign;
  }
})();
