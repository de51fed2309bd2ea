// The constant part of the map: the bus that joins it with the page, its panes, and areas and
// lines. Data reaches the page as JSON and is shown through textContent or canvas text only.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  // ---------------------------------------------------------------- the bus
  // Messages carry the channel of the map that they are from or for; one without is for all.
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
    return bus;
  };

  bordermap.send = function (name, detail) {
    const message = Object.assign({ channel: bordermap.channel }, detail);
    bus.dispatchEvent(new CustomEvent("bordermap:" + name, { detail: message }));
  };

  // channel null: of all channels.
  bordermap.hear = function (name, act, channel = bordermap.channel) {
    const hear = (event) => {
      const detail = event.detail || {};
      if (!channel || !detail.channel || detail.channel === channel) act(detail);
    };
    const ears = bus;
    ears.addEventListener("bordermap:" + name, hear);
    // A frame that goes must not leave its ear in the page around it.
    window.addEventListener("pagehide", () => ears.removeEventListener("bordermap:" + name, hear));
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
    bordermap.map = map;
    bordermap.channel = config.channel;
    bordermap.connect(config.bus);
    if (config.columns) bordermap.expectEvents(config.columns);
    if (config.shapes) shapes = fetch(config.shapes, { priority: "low" });
    setTimeout(bordermap.layGround, LATEST);
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
    band();
    bordermap.hear("where", () => {
      const { lat, lng } = map.getCenter();
      bordermap.send("view", { lat, lng, zoom: map.getZoom() });
    });
  };

  // Frames start small or hidden (a tab that is not open) and grow: the start view is
  // fitted again at every size until someone moves the map.
  function fitUntilMoved(map, bounds) {
    map.bordermapAdapting = map.bordermapMoved = false;
    const container = map.getContainer();
    let fitted = null; // the size: a fit moves all layers, so one of the same size is left out
    const adapt = () => {
      const size = container.clientWidth + "x" + container.clientHeight;
      if (!container.clientWidth || !container.clientHeight || size === fitted) return;
      fitted = size;
      map.bordermapAdapting = true;
      map.invalidateSize({ animate: false });
      if (!map.bordermapMoved) map.fitBounds(bounds, { animate: false });
      map.bordermapAdapting = false;
    };
    map.on("moveend", () => {
      map.bordermapMoved = map.bordermapMoved || !map.bordermapAdapting;
    });
    bordermap.hear("start", () => {
      map.bordermapMoved = false;
      fitted = null;
      adapt();
    });
    adapt();
    new ResizeObserver(adapt).observe(container);
  }

  // ---------------------------------------------------------------- what follows the marks
  // Areas and lines take longer to build than events to draw, so the first marks go before,
  // unless these are long in coming.
  const LATEST = 700; // milliseconds
  let shapes = null; // answer with the shapes of each role, where they are no part of the page
  let following = [];
  let isLaying = false;

  // Acts once the ground is there, or at once.
  bordermap.afterGround = (act) => {
    if (following) following.push(act);
    else act();
  };

  // Two frames later what was drawn in this one is on the screen.
  bordermap.afterPicture = (act) => requestAnimationFrame(() => requestAnimationFrame(() => act()));

  bordermap.layGround = async function () {
    if (isLaying) return;
    isLaying = true;
    let served = {};
    try {
      const answer = await shapes;
      if (answer && !answer.ok) throw new Error("status " + answer.status);
      if (answer) served = await answer.json();
    } catch (error) {
      console.warn("bordermap: the shapes of the map cannot be loaded", error);
    }
    const acts = following;
    following = null;
    acts.forEach((act) => act(served));
  };

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

  bordermap.stateColour = function (properties) {
    const fill = bordermap.style.fill;
    if (properties.code === "CN-YN") return fill.yunnan;
    return properties.featured ? fill.featured : fill.myanmar;
  };

  const ROLES = {
    countries: () => ({ pane: "bordermap-land", style: ground(bordermap.style.fill.neighbour) }),
    states: () => ({
      pane: "bordermap-land",
      interactive: true,
      style: (feature) => ground(bordermap.stateColour(feature.properties)),
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

  // Areas and lines of a role from packed coordinates, {factor, shapes: [{properties, parts}]};
  // null: from those that are served.
  bordermap.shapeLayer = function (role, packed) {
    const layers = L.layerGroup();
    bordermap.afterGround((served) => {
      const found = packed || served[role];
      if (found) drawn(role, found).forEach((layer) => layers.addLayer(layer));
    });
    return layers;
  };

  function drawn(role, { factor, shapes }) {
    const areas = role === "countries" || role === "states";
    const features = shapes.map(({ properties, parts }) => {
      const rings = parts.map((part) => part.map((ring) => unpacked(ring, factor)));
      const geometry = areas
        ? { type: "MultiPolygon", coordinates: rings }
        : { type: "MultiLineString", coordinates: rings.flat() };
      return { type: "Feature", properties, geometry };
    });
    const names = role === "border" ? ["border_casing", "border"] : [role];
    return names.map((name) =>
      L.geoJSON(
        features,
        Object.assign({ pane: "bordermap-lines", interactive: false }, ROLES[name]())
      )
    );
  }

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

  function riverStroke(properties) {
    const style = stroke("river");
    if (properties.rank > 6) style.weight *= 0.65;
    return style;
  }

  bordermap.states = new Map(); // code -> {feature, layer}

  function onState(feature, layer) {
    const { code } = feature.properties;
    bordermap.states.set(code, { feature, layer });
    layer.bindTooltip(() => stateTooltip(feature.properties), {
      sticky: true,
      direction: "right",
      offset: [12, 0],
      className: "bordermap-tooltip",
    });
    layer.on("click", () => bordermap.send("region", { code }));
  }

  function stateTooltip(properties) {
    const { nameOf, otherNames, shadeWords } = bordermap;
    return bordermap.tooltip(nameOf(properties), [
      otherNames(properties),
      shadeWords(properties.code),
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

  bordermap.tooltip = function (title, lines) {
    const box = document.createElement("div");
    box.append(textElement("strong", title));
    for (const line of lines) if (line) box.append(textElement("div", line));
    return box;
  };

  // ---------------------------------------------------------------- boxes
  // [left, top, right, bottom] in pixels of the container.
  bordermap.boxAround = (point, dx, dy) => [point.x - dx, point.y - dy, point.x + dx, point.y + dy];

  bordermap.isFree = (box, taken) =>
    taken.every(
      (other) =>
        box[2] < other[0] || other[2] < box[0] || box[3] < other[1] || other[3] < box[1]
    );
})();
