// The constant part of the map: panes, areas and lines, symbols of gates and sites,
// text labels, and the bus that tells the page what was clicked.
// Data reaches the page as JSON and is shown through textContent or canvas text only.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  // ---------------------------------------------------------------- the bus
  let bus = document;

  // "parent": the document around this frame; "self": this document.
  bordermap.connect = function (where) {
    bus = document;
    if (where === "parent") {
      try {
        bus = window.parent.document;
      } catch (error) {
        console.warn("bordermap: the page around the map cannot be reached", error);
      }
    }
    const hear = (event) => showStatuses(event.detail);
    const ears = bus;
    ears.addEventListener("bordermap:gates", hear);
    // A frame that goes must not leave its ear in the page around it.
    window.addEventListener("pagehide", () => ears.removeEventListener("bordermap:gates", hear));
    return bus;
  };

  bordermap.send = function (name, detail) {
    bus.dispatchEvent(new CustomEvent("bordermap:" + name, { detail: detail || {} }));
  };

  // ---------------------------------------------------------------- panes
  // Bottom to top. A pane that takes no pointer events lets them through to those below.
  const PANES = [
    ["land", 400, true],
    ["rivers", 405, false],
    ["lines", 410, false],
    ["text", 450, false],
    ["symbols", 600, true],
    ["events", 620, false],
  ];

  bordermap.begin = function (map, config) {
    const style = (bordermap.style = config.style);
    const named = { ink: style.ink, muted: style.muted, paper: style.paper, accent: style.accent };
    Object.assign(named, { font: style.font, fault: style.lines.border.colour });
    for (const name in named) {
      document.documentElement.style.setProperty("--bordermap-" + name, named[name]);
    }
    for (const [name, level, pointer] of PANES) {
      const pane = map.createPane("bordermap-" + name);
      pane.style.zIndex = level;
      pane.style.pointerEvents = pointer ? "" : "none";
    }
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(textElement("span", config.attribution).outerHTML);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);

    const container = map.getContainer();
    container.style.backgroundColor = style.fill.paper;
    container.style.width = "100%";
    container.style.height = "var(--bordermap-height, 100vh)";
    document.documentElement.style.height = "100%";
    Object.assign(document.body.style, { height: "100%", margin: "0" });
    if (window.parent !== window) document.body.style.overflow = "hidden";

    map.bordermapFrame = config.frame;
    L.rectangle(config.frame, {
      pane: "bordermap-land",
      interactive: false,
      stroke: false,
      fillColor: style.fill.water,
      fillOpacity: 1,
    }).addTo(map);

    fitUntilMoved(map, config.bounds);
    const band = () => container.classList.toggle("bordermap-far", map.getZoom() < 7);
    map.on("zoomend", band);
    stage = map;
    map.on("bordermap:drawn", stepAside);
    band();
  };

  // Frames start small or hidden (a tab that is not open) and grow: the start view is
  // fitted again at every size until someone moves the map.
  function fitUntilMoved(map, bounds) {
    let adapting = false;
    map.bordermapMoved = false;
    const container = map.getContainer();
    const adapt = () => {
      if (!container.clientWidth || !container.clientHeight) return;
      adapting = true;
      map.invalidateSize({ animate: false });
      if (!map.bordermapMoved) map.fitBounds(bounds, { animate: false });
      adapting = false;
    };
    map.on("moveend", () => {
      map.bordermapMoved = map.bordermapMoved || !adapting;
    });
    adapt();
    new ResizeObserver(adapt).observe(container);
  }

  // ---------------------------------------------------------------- areas and lines
  function stroke(name) {
    const line = bordermap.style.lines[name];
    return {
      color: line.colour,
      weight: line.width,
      opacity: line.opacity,
      dashArray: line.dash.length ? line.dash.join(" ") : null,
      fill: false,
    };
  }

  // A thin stroke in the colour of the area closes the hairlines between neighbours.
  function ground(colour) {
    return { fillColor: colour, fillOpacity: 1, color: colour, weight: 0.7, opacity: 1 };
  }

  function stateColour(properties) {
    const fill = bordermap.style.fill;
    if (properties.code === "CN-YN") return fill.yunnan;
    return properties.featured ? fill.featured : fill.myanmar;
  }

  const ROLES = {
    countries: () => ({ pane: "bordermap-land", style: ground(bordermap.style.fill.neighbour) }),
    states: () => ({
      pane: "bordermap-land",
      interactive: true,
      style: (feature) => ground(stateColour(feature.properties)),
      onEachFeature: onState,
    }),
    state_lines: () => ({ style: stroke("state") }),
    coastline: () => ({ style: stroke("coast") }),
    rivers: () => ({
      pane: "bordermap-rivers",
      style: (feature) => riverStroke(feature.properties),
    }),
    boundaries: () => ({
      style: (feature) => stroke(feature.properties.disputed ? "disputed" : "international"),
    }),
    border_casing: () => ({ style: stroke("border_casing") }),
    border: () => ({ style: stroke("border") }),
    corridor: () => ({ style: stroke("corridor") }),
  };

  // Areas and lines of a role from packed coordinates: {factor, shapes: [{properties, parts}]}.
  bordermap.shapeLayer = function (role, { factor, shapes }) {
    const areas = role === "countries" || role === "states";
    const features = shapes.map(({ properties, parts }) => {
      const rings = parts.map((part) => part.map((ring) => unpacked(ring, factor)));
      const geometry = areas
        ? { type: "MultiPolygon", coordinates: rings }
        : { type: "MultiLineString", coordinates: rings.flat() };
      return { type: "Feature", properties, geometry };
    });
    const drawn = (name) =>
      L.geoJSON(
        features,
        Object.assign({ pane: "bordermap-lines", interactive: false }, ROLES[name]())
      );
    return role === "border" ? L.layerGroup([drawn("border_casing"), drawn("border")]) : drawn(role);
  };

  // Each ring: the first vertex in units of 1/factor degree, then differences, x and y by turns.
  function unpacked(ring, factor) {
    const vertices = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < ring.length; i += 2) {
      x += ring[i];
      y += ring[i + 1];
      vertices.push([x / factor, y / factor]);
    }
    return vertices;
  }

  bordermap.classesOnMap = {};

  bordermap.pointLayer = function (role, points) {
    bordermap.classesOnMap[role] = new Set(points.map((point) => point.gate_class || point.site_class));
    const marker = role === "gates" ? gateMarker : siteMarker;
    return L.layerGroup(points.map((point) => marker(point)));
  };

  function riverStroke(properties) {
    const style = stroke("river");
    if (properties.rank > 6) style.weight *= 0.65;
    return style;
  }

  function onState(feature, layer) {
    const { code, name, name_zh, name_my } = feature.properties;
    layer.bindTooltip(tooltip(name, [name_my, name_zh]), {
      sticky: true,
      direction: "right",
      offset: [12, 0],
      className: "bordermap-tooltip",
    });
    layer.on("click", () => bordermap.send("region", { code }));
  }

  // ---------------------------------------------------------------- symbols
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

  function symbolMarker({ latitude, longitude }, svg, title, lines) {
    const edge = Number(svg.getAttribute("width"));
    const marker = L.marker([latitude, longitude], {
      pane: "bordermap-symbols",
      riseOnHover: true,
      icon: L.divIcon({ className: "bordermap-symbol", html: svg, iconSize: [edge, edge] }),
    });
    marker.bindTooltip(tooltip(title, lines), {
      direction: "top",
      offset: [0, -edge / 2],
      className: "bordermap-tooltip",
    });
    marker.bordermapLabel = title;
    marker.on("add", () => marker.getElement().setAttribute("aria-label", marker.bordermapLabel));
    return marker;
  }

  function gateMarker(gate) {
    const { id, name, name_zh, name_my, gate_class, geo_precision } = gate;
    const style = bordermap.style;
    const symbol = style.gates[gate_class] || style.gates.none;
    const kind = gate_class === "none" ? "Border gate" : "Border gate, " + style.labels[gate_class];
    const lines = [
      [name_my, name_zh].filter(Boolean).join(" · "),
      kind.toLowerCase().replace(/^b/, "B"),
      geo_precision === "exact" ? "" : "Position: " + (style.labels[geo_precision] || "uncertain"),
    ];
    const svg = plateElement([]);
    svg.append(...bordermap.symbolElement(symbol).children);
    const marker = symbolMarker(gate, svg, name, lines);
    const pick = () => bordermap.send("gate", { id });
    marker.on("click", pick);
    marker.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && pick());
    gateMarkers.set(id, { marker, svg, name, lines });
    return marker;
  }

  // ---------------------------------------------------------------- statuses of gates
  // Behind the symbol of a gate lies a plate that says how the gate is on the chosen day:
  // hollow, half or full, and split where sources disagree.
  const gateMarkers = new Map();
  const shown = { day: "", gates: {} };
  let stage = null; // the map
  const ASIDE = 44; // most pixels that a gate is moved

  // What the map says of the gates, for whoever wants to look at it from outside.
  bordermap.gatesShown = () => structuredClone(shown);

  function showStatuses({ day, gates }) {
    if (JSON.stringify({ day, gates }) === JSON.stringify(shown)) return;
    Object.assign(shown, { day, gates });
    for (const [id, { marker, svg, name, lines }] of gateMarkers) {
      const { statuses, words } = gates[id] || { statuses: [], words: "" };
      const plate = plateElement(statuses);
      svg.querySelector("g").replaceWith(plate.querySelector("g"));
      marker.setTooltipContent(tooltip(name, [words && day + ": " + words, ...lines]));
      const label = words ? name + ": " + words : name;
      marker.bordermapLabel = label;
      if (marker.getElement()) marker.getElement().setAttribute("aria-label", label);
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
        const at = ([dx, dy]) => around({ x: x + dx, y: y + dy }, reach - 1, reach - 1);
        const near = choices.filter((choice) => Math.hypot(...choice) <= ASIDE);
        aside = near.find((choice) => isFree(at(choice), taken)) || aside;
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
    const part = textElement("div", "", "bordermap-gates-legend");
    part.hidden = true;
    const { statuses } = bordermap.style;
    part.append(
      textElement("h4", ""),
      ...Object.entries(statuses).map(([status, { words }]) => row(plateElement([status]), words)),
      row(plateElement(["open", "closed"]), "Sources disagree")
    );
    return part;
  };

  function siteMarker(site) {
    const { name, name_zh, name_my, site_class } = site;
    const style = bordermap.style;
    const symbol = style.sites[site_class] || style.sites.venue;
    return symbolMarker(site, bordermap.symbolElement(symbol), name, [
      [name_my, name_zh].filter(Boolean).join(" · "),
      style.labels[site_class],
    ]);
  }

  // ---------------------------------------------------------------- text in the page
  function textElement(tag, text, className) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    return element;
  }
  bordermap.textElement = textElement;

  function tooltip(title, lines) {
    const box = document.createElement("div");
    box.append(textElement("strong", title));
    for (const line of lines) if (line) box.append(textElement("div", line));
    return box;
  }
  bordermap.tooltip = tooltip;

  // ---------------------------------------------------------------- canvas layers
  // A layer with a canvas of its own that covers the view and is redrawn, at most once
  // a frame, whenever the view moves. Subclasses implement paint(context, size).
  bordermap.CanvasLayer = L.Layer.extend({
    onAdd(map) {
      this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", this.getPane());
      this._canvas.setAttribute("aria-hidden", "true");
      this._moving = false;
      this.draw();
    },

    onRemove() {
      L.Util.cancelAnimFrame(this._frame);
      this._frame = null;
      this._canvas.remove();
      this._canvas = null;
    },

    getEvents() {
      return {
        move: this.redraw,
        moveend: this.redraw,
        resize: this.redraw,
        zoomanim: this._follow,
        zoomend: this._land,
      };
    },

    redraw() {
      if (!this._canvas || this._frame || this._moving) return;
      this._frame = L.Util.requestAnimFrame(() => {
        this._frame = null;
        if (this._canvas && !this._moving) this.draw();
      });
    },

    draw() {
      const map = this._map;
      const size = map.getSize();
      const ratio = window.devicePixelRatio || 1;
      const canvas = this._canvas;
      const width = Math.round(size.x * ratio);
      const height = Math.round(size.y * ratio);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + "px";
        canvas.style.height = size.y + "px";
      }
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      this._corner = map.containerPointToLatLng([0, 0]);
      const context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      this.paint(context, size);
    },

    // While Leaflet animates a zoom the last picture is stretched along with the map.
    _follow(event) {
      this._moving = true;
      const scale = this._map.getZoomScale(event.zoom);
      const corner = this._map._latLngToNewLayerPoint(this._corner, event.zoom, event.center);
      L.DomUtil.setTransform(this._canvas, corner, scale);
    },

    _land() {
      this._moving = false;
      this.redraw();
    },
  });

  // ---------------------------------------------------------------- labels
  // items: [{text, style, longitude, latitude, rank, from, to, point}], most important first.
  // A label of a point stands beside it, one of an area on it. None overlaps another or
  // a mark of the event layer, which leaves its boxes in map.bordermapObstacles.
  const HALO = 3;
  const Labels = bordermap.CanvasLayer.extend({
    options: { pane: "bordermap-text" },

    initialize(items) {
      this._items = items.map((item) =>
        Object.assign({ latlng: L.latLng(item.latitude, item.longitude) }, item)
      );
    },

    getEvents() {
      return Object.assign(
        { "bordermap:drawn": this.redraw, "overlayadd overlayremove": this.redraw },
        bordermap.CanvasLayer.prototype.getEvents.call(this)
      );
    },

    paint(context, size) {
      const zoom = this._map.getZoom();
      this._fade(context, size);
      const taken = (this._map.bordermapObstacles || []).concat(this._controls());
      const shown = this._items.filter((item) => item.from <= zoom && zoom <= item.to);
      const places = shown.map((item) => this._map.latLngToContainerPoint(item.latlng));
      for (const item of this._items) {
        const reach = markReach(item);
        if (reach) taken.push(around(this._map.latLngToContainerPoint(item.latlng), reach, reach));
      }
      shown.forEach((item, i) => {
        const text = this._measure(context, item);
        const choices = item.point
          ? beside(places[i], text, markReach(item) + 4)
          : onArea(places[i], text);
        const box = choices.find((choice) => inside(choice, size) && isFree(choice, taken));
        if (!box) return;
        taken.push(box);
        this._write(context, text, box);
      });
    },

    // Boxes of the controls that lie over the map.
    _controls() {
      const container = this._map.getContainer();
      const origin = container.getBoundingClientRect();
      return [...container.querySelectorAll(".leaflet-control")].map((control) => {
        const box = control.getBoundingClientRect();
        return [
          box.left - origin.left,
          box.top - origin.top,
          box.right - origin.left,
          box.bottom - origin.top,
        ];
      });
    },

    // The map runs out softly where its layers end.
    _fade(context, size) {
      const reach = 36;
      const paper = bordermap.style.fill.paper;
      const [[south, west], [north, east]] = this._map.bordermapFrame;
      const low = this._map.latLngToContainerPoint([south, west]);
      const high = this._map.latLngToContainerPoint([north, east]);
      const edges = [
        [low.x, 0, reach, 0],
        [high.x, 0, -reach, 0],
        [0, high.y, 0, reach],
        [0, low.y, 0, -reach],
      ];
      for (const [x, y, dx, dy] of edges) {
        const gradient = context.createLinearGradient(x, y, x + dx, y + dy);
        gradient.addColorStop(0, paper);
        gradient.addColorStop(1, paper + "00");
        context.fillStyle = gradient;
        if (dx) context.fillRect(x, 0, dx, size.y);
        else context.fillRect(0, y, size.x, dy);
      }
    },

    _measure(context, item) {
      if (item.measured) return item.measured;
      const style = bordermap.style.texts[item.style];
      const lines = wrap(style.capitals ? item.text.toUpperCase() : item.text, item.point ? 99 : 15);
      const text = { style, lines };
      this._prepare(context, text);
      const widths = lines.map((line) => context.measureText(line).width);
      text.width = Math.max(...widths) + 2;
      text.height = lines.length * style.size * 1.15;
      return (item.measured = text);
    },

    _prepare(context, { style }) {
      const slant = style.italic ? "italic " : "";
      context.font = slant + style.weight + " " + style.size + "px " + bordermap.style.font;
      context.letterSpacing = style.spacing + "px";
    },

    _write(context, text, box) {
      this._prepare(context, text);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = HALO;
      context.strokeStyle = text.style.halo + "d0";
      context.fillStyle = text.style.colour;
      const step = text.style.size * 1.15;
      const x = (box[0] + box[2]) / 2;
      text.lines.forEach((line, i) => context.strokeText(line, x, box[1] + step * (i + 0.5)));
      text.lines.forEach((line, i) => context.fillText(line, x, box[1] + step * (i + 0.5)));
    },
  });

  bordermap.labels = (items) => new Labels(items);

  // Pixels from the middle of the mark that a label belongs to to its edge.
  function markReach(item) {
    if (!item.point) return 0;
    return item.style === "gate" ? bordermap.style.status_size / 2 : 5;
  }

  // Boxes are [left, top, right, bottom] in pixels of the container.
  const around = (point, dx, dy) => [point.x - dx, point.y - dy, point.x + dx, point.y + dy];

  // Above the middle of the area, where there is room for a badge below the name.
  function onArea(point, { width, height }) {
    const at = (dx, dy) => around({ x: point.x + dx, y: point.y + dy }, width / 2, height / 2);
    const up = -height / 2 - 2;
    return [at(0, up), at(0, height / 2 + 26), at(0, up - 16), at(24, up), at(-24, up)];
  }

  function beside(point, { width, height }, gap) {
    const at = (left, top) => [left, top, left + width, top + height];
    return [
      at(point.x + gap, point.y - height / 2),
      at(point.x - gap - width, point.y - height / 2),
      at(point.x - width / 2, point.y - gap - height),
      at(point.x - width / 2, point.y + gap),
    ];
  }

  const inside = (box, size) =>
    box[0] >= 2 && box[1] >= 2 && box[2] <= size.x - 2 && box[3] <= size.y - 2;

  const isFree = (box, taken) =>
    taken.every(
      (other) =>
        box[2] < other[0] || other[2] < box[0] || box[3] < other[1] || other[3] < box[1]
    );

  function wrap(text, limit) {
    const cut = text.length > limit ? text.lastIndexOf(" ") : -1;
    return cut > 0 ? [text.slice(0, cut), text.slice(cut + 1)] : [text];
  }
})();
