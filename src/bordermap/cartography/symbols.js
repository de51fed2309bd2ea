// Symbols of gates and sites, and the plate behind a gate that says how it is on the chosen day.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  // ---------------------------------------------------------------- symbols
  bordermap.classesOnMap = {};

  bordermap.pointLayer = function (role, points) {
    bordermap.classesOnMap[role] = new Set(points.map((point) => point.gate_class || point.site_class));
    if (role === "gates") {
      bordermap.hear("gates", showStatuses);
      bordermap.map.on("bordermap:drawn", stepAside);
    }
    const marker = role === "gates" ? gateMarker : siteMarker;
    return L.layerGroup(points.map((point) => marker(point)));
  };

  // Shapes in a square from -1 to 1, y down; circle is drawn apart.
  const corner = (sides, turn, radius) =>
    Array.from({ length: sides }, (_, i) => {
      const angle = turn + (2 * Math.PI * i) / sides;
      const r = Array.isArray(radius) ? radius[i % radius.length] : radius;
      return [r * Math.cos(angle), r * Math.sin(angle)];
    });
  const UP = -Math.PI / 2;
  const arm = 0.36;
  bordermap.shapes = {
    square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    diamond: [[0, -1.12], [1.12, 0], [0, 1.12], [-1.12, 0]],
    triangle: corner(3, UP, 1.1),
    pentagon: corner(5, UP, 1),
    star: corner(10, UP, [1.1, 0.48]),
    cross: [
      [-arm, -1], [arm, -1], [arm, -arm], [1, -arm], [1, arm], [arm, arm],
      [arm, 1], [-arm, 1], [-arm, arm], [-1, arm], [-1, -arm], [-arm, -arm],
    ],
  };

  // An <svg> element of a symbol of the style table.
  bordermap.symbolElement = function (symbol) {
    const edge = symbol.size + 2 * symbol.width + 2;
    const svg = svgElement("svg", { width: edge, height: edge, "aria-hidden": "true" });
    svg.setAttribute("viewBox", [-edge / 2, -edge / 2, edge, edge].join(" "));
    const paint = {
      fill: symbol.fill,
      stroke: symbol.outline,
      "stroke-width": symbol.width,
      "stroke-linejoin": "round",
    };
    if (symbol.dash && symbol.dash.length) paint["stroke-dasharray"] = symbol.dash.join(" ");
    const radius = symbol.size / 2;
    if (symbol.shape === "circle") {
      svg.append(svgElement("circle", Object.assign({ r: radius }, paint)));
    } else {
      const points = bordermap.shapes[symbol.shape].map(([x, y]) => [x * radius, y * radius]);
      svg.append(svgElement("polygon", Object.assign({ points: points.join(" ") }, paint)));
    }
    return svg;
  };

  function svgElement(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  }
  bordermap.svgElement = svgElement;

  // lines(): what is said below the names; words(): what is said beside the name.
  function symbolMarker(thing, svg, lines, words = () => "") {
    const { latitude, longitude } = thing;
    const edge = Number(svg.getAttribute("width"));
    const marker = L.marker([latitude, longitude], {
      pane: "bordermap-symbols",
      riseOnHover: true,
      icon: L.divIcon({ className: "bordermap-symbol", html: svg, iconSize: [edge, edge] }),
    });
    const say = () => bordermap.tooltip(bordermap.nameOf(thing), lines());
    marker.bindTooltip(say, {
      direction: "top",
      offset: [0, -edge / 2],
      className: "bordermap-tooltip",
    });
    marker.bordermapLabel = () => [bordermap.nameOf(thing), words()].filter(Boolean).join(": ");
    marker.on("add", () => label(marker));
    bordermap.map.on("bordermap:settings", () => label(marker));
    return marker;
  }

  function label(marker) {
    if (marker.getElement()) marker.getElement().setAttribute("aria-label", marker.bordermapLabel());
  }

  function gateMarker(gate) {
    const { id, gate_class, geo_precision } = gate;
    const style = bordermap.style;
    const symbol = style.gates[gate_class] || style.gates.none;
    const kind = gate_class === "none" ? "Border gate" : "Border gate, " + style.labels[gate_class];
    const words = () => (shown.gates[id] || { words: "" }).words;
    const lines = () => [
      words() && shown.day + ": " + words(),
      bordermap.otherNames(gate),
      kind.toLowerCase().replace(/^b/, "B"),
      geo_precision === "exact" ? "" : "Position: " + (style.labels[geo_precision] || "uncertain"),
    ];
    const svg = plateElement([]);
    svg.append(...bordermap.symbolElement(symbol).children);
    const marker = symbolMarker(gate, svg, lines, words);
    const pick = () => bordermap.send("gate", { id });
    marker.on("click", pick);
    marker.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && pick());
    gateMarkers.set(id, { marker, svg });
    return marker;
  }

  // ---------------------------------------------------------------- statuses of gates
  // Behind the symbol of a gate lies a plate that says how the gate is on the chosen day:
  // hollow, half or full, and split where sources disagree.
  const gateMarkers = new Map();
  const shown = { day: "", gates: {} };
  const ASIDE = 44; // most pixels that a gate is moved

  // What the map says of the gates, for whoever wants to look at it from outside.
  bordermap.gatesShown = () => structuredClone(shown);

  function showStatuses({ day, gates }) {
    if (JSON.stringify({ day, gates }) === JSON.stringify(shown)) return;
    Object.assign(shown, { day, gates });
    for (const [id, { marker, svg }] of gateMarkers) {
      const plate = plateElement(gates[id] ? gates[id].statuses : []);
      svg.querySelector("g").replaceWith(plate.querySelector("g"));
      label(marker);
    }
    stepAside();
    for (const heading of document.querySelectorAll(".bordermap-gates-legend")) {
      heading.hidden = false;
      heading.querySelector("h4").textContent = "Gates on " + day + ", as sources say";
    }
  }

  // Most gates lie where something happened, under a mark of the event layer. A gate with a
  // plate then stands beside that mark, where there is room.
  function stepAside() {
    const stage = bordermap.map;
    const marks = stage.bordermapObstacles || [];
    const reach = bordermap.style.status_size / 2 + 1;
    const taken = marks.slice();
    for (const { marker, svg } of gateMarkers.values()) {
      const { x, y } = stage.latLngToContainerPoint(marker.getLatLng());
      const over = marks.filter((box) => box[0] < x && x < box[2] && box[1] < y && y < box[3]);
      let aside = [0, 0];
      if (shown.day && over.length && stage.getZoom() >= 7) {
        const edge = (side) => over.map((box) => box[side]);
        const choices = [
          [Math.max(...edge(2)) + reach - x, 0],
          [Math.min(...edge(0)) - reach - x, 0],
          [0, Math.max(...edge(3)) + reach - y],
          [0, Math.min(...edge(1)) - reach - y],
        ].sort((one, other) => Math.hypot(...one) - Math.hypot(...other));
        const at = ([dx, dy]) => bordermap.boxAround({ x: x + dx, y: y + dy }, reach - 1, reach - 1);
        const near = choices.filter((choice) => Math.hypot(...choice) <= ASIDE);
        aside = near.find((choice) => bordermap.isFree(at(choice), taken)) || aside;
        taken.push(at(aside));
      }
      svg.style.translate = aside.map((pixels) => Math.round(pixels) + "px").join(" ");
    }
  }

  // An <svg> element: the plate of a gate of which all of these are said; empty without any.
  function plateElement(statuses) {
    const { status_size: size, statuses: looks, paper } = bordermap.style;
    const edge = size + 4;
    const half = size / 2;
    const svg = svgElement("svg", { width: edge, height: edge, "aria-hidden": "true" });
    svg.setAttribute("viewBox", [-edge / 2, -edge / 2, edge, edge].join(" "));
    const group = svgElement("g", {});
    svg.append(group);
    const wide = size / statuses.length;
    statuses.forEach((status, i) => {
      const { colour, fill, dash } = looks[status];
      const left = -half + i * wide;
      const ground = { x: left, y: -half, width: wide, height: size, rx: 2.5 };
      group.append(svgElement("rect", Object.assign({}, ground, { fill: fill === "full" ? colour : paper })));
      if (fill === "half") {
        const points = [[left, half], [left + wide, half], [left + wide, -half]];
        group.append(svgElement("polygon", { points: points.join(" "), fill: colour }));
      }
      const edgeLine = { fill: "none", stroke: colour, "stroke-width": dash.length ? 1.2 : 2 };
      if (dash.length) edgeLine["stroke-dasharray"] = dash.join(" ");
      group.append(svgElement("rect", Object.assign({}, ground, edgeLine)));
    });
    return svg;
  }

  // The part of the legend on the statuses, hidden until there are any; row(picture, words)
  // makes an entry.
  bordermap.gateLegend = function (row) {
    const part = bordermap.textElement("div", "", "bordermap-gates-legend");
    part.hidden = true;
    const { statuses } = bordermap.style;
    part.append(
      bordermap.textElement("h4", ""),
      ...Object.entries(statuses).map(([status, { words }]) => row(plateElement([status]), words)),
      row(plateElement(["open", "closed"]), "Sources disagree")
    );
    return part;
  };

  function siteMarker(site) {
    const style = bordermap.style;
    const symbol = style.sites[site.site_class] || style.sites.venue;
    return symbolMarker(site, bordermap.symbolElement(symbol), () => [
      bordermap.otherNames(site),
      style.labels[site.site_class],
    ]);
  }
})();
