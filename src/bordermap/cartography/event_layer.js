// The layer of events: symbols, areas and counts of the records that are selected,
// drawn on one canvas; hover, click and keyboard; legend; chips for far-away places.
//
// It talks to the page through CustomEvents on the bus document (detail is plain data):
//   receives  bordermap:selection {mask, chosen, view, data}
//             mask: Uint8Array or base64, bit i & 7 of byte i >> 3 is record i; null: all
//             chosen: record or null;  view: {lat, lng, zoom} or null
//             data: {columns, text}, addresses of the data that mask and chosen belong to;
//             without it, that of the config
//   sends     bordermap:ready {}   bordermap:view {lat, lng, zoom}
//             bordermap:choose {rows, columns}; columns: address of the data of the rows,
//             null where it is a part of the page
//             (and, from the base map, bordermap:region {code}, bordermap:gate {id})
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const DOTS_FROM = 3000; // marks in view from which plain dots are drawn
  const GROUP_ALL_TO = 20000; // up to so many marks, groups do not depend on the view
  const MERGE = 16; // pixels between points that share a symbol
  const SPREAD_TO = 40; // records that one click spreads out
  const CHIPS = 2; // far-away places that get a chip of their own
  const TIP_TITLES = 3;

  // ---------------------------------------------------------------- the layer
  const EventLayer = function (config) {
    const layer = new Layer(config);
    window.bordermapLayer = {
      visibleRecords: () => layer.visibleRecords(),
      marksInView: () => layer.marksInView(),
      get chosen() {
        return layer._chosen;
      },
      get lastDraw() {
        return layer._lastDraw;
      },
    };
    return layer;
  };
  bordermap.eventLayer = EventLayer;

  // Defined when first used: the canvas layer belongs to the base map's script.
  function Layer(config) {
    const Class = bordermap.CanvasLayer.extend(METHODS);
    return new Class(config);
  }

  const METHODS = {
    options: { pane: "bordermap-events" },

    initialize(config) {
      this._config = config;
      this._mask = null;
      this._chosen = null;
      this._revealed = null;
      this._source = config;
      this._request = null; // AbortController of the data that is there or on its way
      this._data = null;
      this._shapes = [];
      this._spread = null;
      this._focus = null;
      this._bus = bordermap.connect(config.bus);
      this._onSelection = (event) => this.select(event.detail || {});
      this._bus.addEventListener("bordermap:selection", this._onSelection);
      // A frame that goes must not leave its ear in the page around it.
      window.addEventListener("pagehide", () =>
        this._bus.removeEventListener("bordermap:selection", this._onSelection)
      );
    },

    onAdd(map) {
      if (!this._parts) this._build(map);
      for (const [name, handler] of this._listeners()) {
        map.getContainer().addEventListener(name, handler, true);
      }
      map.addControl(this._legend);
      map.addControl(this._chips);
      bordermap.CanvasLayer.prototype.onAdd.call(this, map);
      this._use(this._source);
    },

    onRemove(map) {
      for (const [name, handler] of this._listeners()) {
        map.getContainer().removeEventListener(name, handler, true);
      }
      this._hover(null);
      this._legend.remove();
      this._chips.remove();
      map.bordermapObstacles = [];
      bordermap.CanvasLayer.prototype.onRemove.call(this, map);
    },

    getEvents() {
      const events = bordermap.CanvasLayer.prototype.getEvents.call(this);
      return Object.assign({}, events, {
        moveend: () => {
          this.redraw();
          this._sayView();
        },
        zoomstart: () => {
          this._spread = null;
          this._hover(null);
        },
      });
    },

    _listeners() {
      this._handlers = this._handlers || [
        ["mousemove", (event) => this._onPointer(event)],
        ["mouseover", (event) => this._onPointer(event)],
        ["mouseleave", () => this._hover(null)],
        ["mousedown", (event) => this._onPress(event)],
        ["click", (event) => this._onClick(event)],
        ["keydown", (event) => this._onKey(event)],
      ];
      return this._handlers;
    },

    // Elements around the canvas, made once.
    _build(map) {
      const container = map.getContainer();
      container.setAttribute("role", "region");
      container.setAttribute(
        "aria-label",
        "Map of records. N and P step through the marks in view, Enter chooses."
      );
      this._parts = {
        tip: bordermap.textElement("div", "", "bordermap-tip"),
        notice: bordermap.textElement("div", "Loading records…", "bordermap-notice"),
        status: bordermap.textElement("div", "", "bordermap-hidden"),
        spoken: bordermap.textElement("div", "", "bordermap-hidden"),
      };
      this._parts.tip.hidden = true;
      this._parts.notice.setAttribute("role", "status");
      this._parts.status.dataset.testid = "bordermap-status";
      this._parts.spoken.setAttribute("aria-live", "polite");
      container.append(...Object.values(this._parts));
      this._legend = legend(map);
      this._chips = new L.Control({ position: "bottomleft" });
      this._chipBox = bordermap.textElement("div", "", "bordermap-panel bordermap-chips");
      this._chipBox.hidden = true;
      L.DomEvent.disableClickPropagation(this._chipBox);
      this._chips.onAdd = () => this._chipBox;
    },

    // ---------------------------------------------------------------- data
    // Loads what is not there yet; a load that failed is tried again.
    _use(source) {
      if (source.columns !== this._source.columns || source.text !== this._source.text) {
        this._drop();
        this._source = source;
      }
      if (this._parts && !this._request) this._load();
    },

    // Forgets the data, and all that was made of it or is on its way.
    _drop() {
      this._hover(null);
      if (this._request) this._request.abort();
      this._request = this._data = this._arranged = this._world = this._revealed = null;
      this._spread = this._focus = this._dots = null;
      this._shapes = [];
      if (!this._parts) return;
      this._chipWording = null;
      this._chipBox.hidden = true;
      setText(this._parts.status, "");
      setText(this._parts.spoken, "");
      if (!this._map) return;
      this._map.bordermapObstacles = [];
      this._map.fire("bordermap:drawn");
      this.redraw();
    },

    async _load() {
      const { notice } = this._parts;
      const request = (this._request = new AbortController());
      notice.classList.remove("bordermap-fault");
      notice.textContent = "Loading records…";
      notice.hidden = false;
      const arrived = () => this._onTexts();
      let data;
      try {
        data = await bordermap.loadEvents(this._source, this._config, request.signal, arrived);
      } catch (error) {
        if (this._request !== request) return;
        this._request = null;
        notice.classList.add("bordermap-fault");
        notice.textContent =
          "The records could not be loaded (" + error.message + "). Reload the page to try again.";
        this._sayReady();
        return;
      }
      if (this._request !== request) return;
      this._data = data;
      notice.hidden = true;
      this._reveal();
      this.redraw();
      this._sayReady();
    },

    // The page answers with what it wants to see, which may be other data.
    _sayReady() {
      if (this._saidReady) return;
      this._saidReady = true;
      bordermap.send("ready");
    },

    // ---------------------------------------------------------------- selection
    select({ mask, chosen, view, data }) {
      this._use(data || this._config);
      const selected = typeof mask === "string" ? bordermap.fromBase64(mask) : mask || null;
      this._chosen = chosen === undefined ? null : chosen;
      if (!sameBytes(selected, this._mask)) {
        this._mask = selected;
        this._arranged = null;
        this._spread = null;
        this._focus = null;
      } else if (this._chosen !== null && this._spread && !this._spread.rows.includes(this._chosen)) {
        this._spread = null;
      }
      this._hover(null);
      if (view && this._map) {
        this._show(view);
        this._revealed = this._chosen;
      }
      this._reveal();
      this.redraw();
    },

    // Brings a newly chosen record into view, unless it is there or lies outside the region.
    _reveal() {
      if (!this._data || !this._map || this._revealed === this._chosen) return;
      this._revealed = this._chosen;
      const { record, x, y } = this._data.columns;
      const [west, south, east, north] = this._config.region;
      const places = [];
      record.forEach((owner, mark) => {
        const place = L.latLng(y[mark] / 1e6, x[mark] / 1e6);
        const inside = place.lng >= west && place.lng <= east && place.lat >= south;
        if (owner === this._chosen && inside && place.lat <= north) places.push(place);
      });
      const view = this._map.getBounds().pad(-0.05);
      if (places.length && !places.some((place) => view.contains(place))) {
        this._map.panTo(places[0]);
      }
    },

    _show(view) {
      const map = this._map;
      const away = map.latLngToContainerPoint(view).distanceTo(map.getSize().divideBy(2));
      if (map.getZoom() === view.zoom && away < 2) return;
      map.setView([view.lat, view.lng], view.zoom, { animate: false });
    },

    _sayView() {
      clearTimeout(this._viewTimer);
      this._viewTimer = setTimeout(() => {
        if (!this._map || !this._map.bordermapMoved) return;
        const { lat, lng } = this._map.getCenter();
        bordermap.send("view", { lat, lng, zoom: this._map.getZoom() });
      }, 250);
    },

    _isSelected(row) {
      return !this._mask || (this._mask[row >> 3] >> (row & 7)) & 1;
    },

    visibleRecords() {
      const rows = [];
      const count = this._data ? this._data.columns.records : 0;
      for (let row = 0; row < count; row++) if (this._isSelected(row)) rows.push(row);
      return rows;
    },

    // ---------------------------------------------------------------- where marks are
    // World pixels of every mark at this zoom, and the groups of the selected ones.
    _arrange() {
      const zoom = this._map.getZoom();
      if (this._arranged && this._arranged.zoom === zoom) return this._arranged;
      const { marks, record, x, y } = this._data.columns;
      if (!this._world || this._world.zoom !== zoom) {
        const scale = 256 * Math.pow(2, zoom);
        const across = new Float64Array(marks);
        const down = new Float64Array(marks);
        for (let i = 0; i < marks; i++) {
          const sine = Math.sin(((y[i] / 1e6) * Math.PI) / 180);
          across[i] = scale * (x[i] / 360e6 + 0.5);
          down[i] = scale * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
        }
        this._world = { zoom, across, down };
      }
      const selected = [];
      for (let i = 0; i < marks; i++) if (this._isSelected(record[i])) selected.push(i);
      const groups = selected.length <= GROUP_ALL_TO ? this._group(selected) : null;
      // What is known to an area only is no dot, however many there are.
      const areas = groups
        ? groups.filter((group) => group.area)
        : this._group(selected.filter((i) => this._isArea(i)));
      this._arranged = { zoom, selected, groups, areas, records: this.visibleRecords().length };
      return this._arranged;
    },

    _isArea(mark) {
      const { terms, geo_precision } = this._data.columns;
      return bordermap.style.outlines[terms.geo_precision[geo_precision[mark]]].area;
    },

    // Marks of one spot share a group; points so near that their symbols would lie on
    // each other join the spot with the most records. Areas join only their own spot.
    _group(marks) {
      const { terms, record, x, y, geo_precision } = this._data.columns;
      const { across, down } = this._world;
      const spots = new Map();
      for (const i of marks) {
        const precision = terms.geo_precision[geo_precision[i]];
        const area = bordermap.style.outlines[precision].area ? precision : "";
        const key = area + x[i] + "," + y[i];
        let spot = spots.get(key);
        if (!spot) {
          spots.set(key, (spot = { area, x: across[i], y: down[i], marks: [], rows: new Set() }));
        }
        spot.marks.push(i);
        spot.rows.add(record[i]);
      }
      const byCount = [...spots.values()].sort((a, b) => b.rows.size - a.rows.size);
      const groups = [];
      const cells = new Map();
      for (const spot of byCount) {
        if (!spot.area) {
          const column = Math.floor(spot.x / MERGE);
          const line = Math.floor(spot.y / MERGE);
          const near = nearest(cells, column, line, spot);
          if (near) {
            near.marks.push(...spot.marks);
            spot.rows.forEach((row) => near.rows.add(row));
            continue;
          }
          const key = column + "," + line;
          if (!cells.has(key)) cells.set(key, []);
          cells.get(key).push(spot);
        }
        groups.push(spot);
      }
      return groups.map((group) => Object.assign(group, { rows: [...group.rows] }));
    },

    // ---------------------------------------------------------------- drawing
    paint(context, size) {
      if (!this._data) return;
      const start = performance.now();
      const { groups, areas, records } = this._arrange();
      const corner = this._map.getPixelBounds().min;
      const inView = this._marksWithin(corner, size);
      this._shapes = [];
      this._dots = null;
      let drawn = inView.length;
      if (inView.length > DOTS_FROM) {
        const shapes = areas
          .map((group) => this._shape(group, corner, true))
          .filter((shape) => isWithin(shape, size));
        const discs = shapes.filter((shape) => shape.area !== "state");
        this._drawShapes(context, discs);
        this._drawDots(context, size, corner, inView.filter((i) => !this._isArea(i)));
        this._drawShapes(context, shapes.filter((shape) => shape.area === "state"));
        this._shapes = discs.concat(this._shapes);
      } else {
        const shapes = (groups || this._group(inView))
          .map((group) => this._shape(group, corner))
          .filter((shape) => isWithin(shape, size));
        this._drawShapes(context, shapes);
        drawn = shapes.reduce((sum, shape) => sum + shape.marks.length, 0);
      }
      this._lastDraw = performance.now() - start;
      setText(this._parts.status, counted(records, "record") + ", " + counted(drawn, "mark") + " drawn");
      this._map.bordermapObstacles = this._shapes.map(({ x, y, reach, width }) => {
        const half = width ? width / 2 : Math.min(reach, 20);
        const high = width ? reach : half;
        return [x - half, y - high, x + half, y + high];
      });
      this._map.fire("bordermap:drawn");
      this._drawChips(corner, size);
    },

    _marksWithin(corner, size) {
      const { across, down } = this._world;
      return this._arranged.selected.filter((i) => {
        const x = across[i] - corner.x;
        const y = down[i] - corner.y;
        return x > -20 && y > -20 && x < size.x + 20 && y < size.y + 20;
      });
    },

    // What a group looks like, at its place in the view; reach is the radius of a hit.
    // Where marks are dense, an area is no larger than it is, and has no number.
    _shape(group, corner, dense = false) {
      const style = bordermap.style;
      const { terms, record, kind, category, geo_precision, subject } = this._data.columns;
      const families = new Map();
      const kinds = new Set();
      let exact = true;
      let hollow = true; // what the records concern, not where they were
      for (const row of group.rows) {
        const kindName = terms.kind[kind[row]];
        const family = style.categories[kindName][terms.category[category[row]]] || "other";
        families.set(family, (families.get(family) || 0) + 1);
        kinds.add(kindName);
      }
      for (const i of group.marks) {
        exact = exact && terms.geo_precision[geo_precision[i]] === "exact";
        hollow = hollow && subject[i] === 1;
      }
      const shape = {
        group,
        area: group.area,
        rows: group.rows,
        marks: group.marks,
        families,
        exact,
        hollow,
        form: kinds.size === 1 ? style.shapes[[...kinds][0]] : "circle",
        x: group.x - corner.x,
        y: group.y - corner.y,
        count: group.rows.length,
        dense,
      };
      if (group.area === "state") {
        shape.y += 12; // below the name of the region, which stands above the anchor
        shape.width = 26 + 7 * String(shape.count).length;
        shape.reach = 9;
      } else if (group.area) {
        const metres = this._metresPerPixel(group.y);
        shape.radius = Math.max(dense ? 4 : 9, (style.outlines[group.area].radius_km * 1000) / metres);
        shape.reach = shape.radius;
      } else {
        const few = style.mark_size / 2;
        shape.radius = shape.count === 1 ? few : Math.min(19, 7.5 + 1.9 * Math.log2(shape.count));
        shape.reach = shape.radius + 3;
      }
      return shape;
    },

    _metresPerPixel(worldY) {
      const scale = 256 * Math.pow(2, this._world.zoom);
      const angle = Math.PI * (1 - (2 * worldY) / scale);
      return 40075016.7 / Math.cosh(angle) / scale;
    },

    // Discs lie under points, badges of regions under both; the chosen one is on top.
    _drawShapes(context, shapes) {
      const isChosen = (shape) => this._chosen !== null && shape.rows.includes(this._chosen);
      const level = (shape) => (shape.area === "state" ? 1 : shape.area ? 0 : 2);
      shapes.sort(
        (a, b) => level(a) - level(b) || isChosen(a) - isChosen(b) || a.count - b.count
      );
      const opened = this._spread && shapes.find((shape) => shape.group === this._spread);
      context.globalAlpha = opened ? 0.35 : 1;
      for (const shape of shapes) {
        if (shape.area === "state") drawBadge(context, shape);
        else if (shape.area) drawDisc(context, shape);
        else drawPoint(context, shape);
        if (isChosen(shape)) drawRing(context, shape, false);
      }
      context.globalAlpha = 1;
      this._shapes = shapes;
      if (opened) this._drawSpread(context, opened);
      const focused = this._focus && this._shapes.find((shape) => same(shape, this._focus));
      if (focused) drawRing(context, focused, true);
    },

    // One leaf for each record of the spot, on a ring or, when many, on a spiral.
    _drawSpread(context, centre) {
      const style = bordermap.style;
      const { record } = this._data.columns;
      const total = centre.rows.length;
      const leaves = centre.rows.map((row, k) => {
        const angle = total <= 10 ? -Math.PI / 2 + (2 * Math.PI * k) / total : 0.9 + k * 0.52;
        const away = total <= 10 ? 24 + total * 2 : 30 + k * 2.6;
        const mark = centre.marks.find((i) => record[i] === row);
        const single = { area: "", x: 0, y: 0, marks: [mark], rows: [row] };
        return Object.assign(this._shape(single, { x: 0, y: 0 }), {
          x: centre.x + away * Math.cos(angle),
          y: centre.y + away * Math.sin(angle),
          group: single,
        });
      });
      context.strokeStyle = style.muted;
      context.lineWidth = 1;
      context.beginPath();
      for (const leaf of leaves) {
        context.moveTo(centre.x, centre.y);
        context.lineTo(leaf.x, leaf.y);
      }
      context.stroke();
      context.fillStyle = style.muted;
      context.beginPath();
      context.arc(centre.x, centre.y, 3, 0, 2 * Math.PI);
      context.fill();
      for (const leaf of leaves) {
        drawPoint(context, leaf);
        if (leaf.rows[0] === this._chosen) drawRing(context, leaf, false);
      }
      this._shapes = this._shapes.filter((shape) => shape !== centre).concat(leaves);
    },

    // One dot for each two by two pixels that hold a mark, colour by colour.
    _drawDots(context, size, corner, marks) {
      const style = bordermap.style;
      const { terms, record, kind, category } = this._data.columns;
      const { across, down } = this._world;
      const columns = Math.ceil(size.x / 2) + 1;
      const taken = new Uint8Array(columns * (Math.ceil(size.y / 2) + 1));
      const batches = new Map();
      for (const i of marks) {
        const x = across[i] - corner.x;
        const y = down[i] - corner.y;
        if (x < 0 || y < 0 || x >= size.x || y >= size.y) continue;
        const cell = (y >> 1) * columns + (x >> 1);
        if (taken[cell]) continue;
        taken[cell] = 1;
        const row = record[i];
        const family = style.categories[terms.kind[kind[row]]][terms.category[category[row]]];
        if (!batches.has(family)) batches.set(family, []);
        batches.get(family).push(x, y);
      }
      for (const [family, points] of batches) {
        context.fillStyle = style.families[family] || style.families.other;
        for (let k = 0; k < points.length; k += 2) {
          context.fillRect(points[k] - 1.5, points[k + 1] - 1.5, 3, 3);
        }
      }
      this._dots = { marks, corner };
    },

    marksInView() {
      if (!this._data) return [];
      if (this._dots) {
        const { across, down } = this._world;
        const { record } = this._data.columns;
        const { marks, corner } = this._dots;
        const dots = marks.map((i) => ({
          row: record[i],
          x: across[i] - corner.x,
          y: down[i] - corner.y,
        }));
        return this._marksOfShapes().concat(dots);
      }
      return this._marksOfShapes();
    },

    _marksOfShapes() {
      const { record } = this._data.columns;
      return this._shapes.flatMap(({ marks, x, y }) =>
        marks.map((i) => ({ row: record[i], x, y }))
      );
    },

    // ---------------------------------------------------------------- pointer and keys
    _hit(x, y) {
      if (this._dots) {
        const { record } = this._data.columns;
        const { across, down } = this._world;
        const { marks, corner } = this._dots;
        const rows = new Set();
        for (const i of marks) {
          const dx = across[i] - corner.x - x;
          const dy = down[i] - corner.y - y;
          if (dx * dx + dy * dy <= 16) rows.add(record[i]);
        }
        if (rows.size) return { x, y, reach: 4, area: "", rows: [...rows], marks: [] };
      }
      for (let k = this._shapes.length - 1; k >= 0; k--) {
        const shape = this._shapes[k];
        const dx = Math.abs(shape.x - x);
        const dy = Math.abs(shape.y - y);
        const touched = shape.width
          ? dx <= shape.width / 2 + 2 && dy <= shape.reach + 2
          : Math.hypot(dx, dy) <= shape.reach;
        if (touched) return shape;
      }
      return null;
    },

    _hitOf(event) {
      if (event.target.closest && event.target.closest(".leaflet-control")) return null;
      const point = this._map.mouseEventToContainerPoint(event);
      return this._hit(point.x, point.y);
    },

    _onPointer(event) {
      if (!this._data || event.buttons || this._moving) return;
      const shape = this._hitOf(event);
      this._hover(shape);
      if (shape) event.stopPropagation();
    },

    _hover(shape) {
      if (!this._map) return;
      const { tip } = this._parts;
      this._map.getContainer().classList.toggle("bordermap-over-event", Boolean(shape));
      this._hovered = shape;
      tip.hidden = !shape;
      if (!shape) return;
      tip.replaceChildren(this._describe(shape));
      if (shape === this._focus) this._speak();
      const size = this._map.getSize();
      const toLeft = shape.x > size.x / 2;
      const away = (shape.width ? shape.width / 2 : Math.min(shape.reach, 40)) + 8;
      tip.style.left = toLeft ? "auto" : shape.x + away + "px";
      tip.style.right = toLeft ? size.x - shape.x + away + "px" : "auto";
      const top = Math.max(4, Math.min(shape.y - 18, size.y - tip.offsetHeight - 4));
      tip.style.top = top + "px";
    },

    // What a screen reader says of the focus, once all of its texts are there.
    _speak() {
      const { tip, spoken } = this._parts;
      if (!tip.querySelector(".bordermap-awaited")) setText(spoken, tip.innerText);
    },

    _onTexts() {
      if (this._hovered) this._hover(this._hovered);
    },

    _describe(shape) {
      const box = document.createDocumentFragment();
      const many = shape.rows.length > 1;
      const shown = shape.rows.slice(0, many ? TIP_TITLES : 1);
      const { texts } = this._data;
      texts.want(shown);
      for (const row of shown) {
        const part = document.createElement(box.childNodes.length ? "p" : "section");
        box.append(part);
        const text = texts.of(row);
        if (!text) {
          part.append(
            texts.failed
              ? bordermap.textElement("div", "The text could not be loaded.")
              : bordermap.textElement("div", "Loading…", "bordermap-awaited")
          );
          continue;
        }
        const { title, date, place } = text;
        part.append(bordermap.textElement("strong", title), bordermap.textElement("div", date));
        if (!many) part.append(bordermap.textElement("div", place));
      }
      const { terms, place, geo_precision } = this._data.columns;
      const where = new Set(shape.marks.map((i) => terms.place[place[i]]));
      const how = new Set(
        shape.marks.map((i) => bordermap.style.labels[terms.geo_precision[geo_precision[i]]])
      );
      const more = shape.rows.length - shown.length;
      const last = document.createElement("p");
      if (more > 0) last.append(bordermap.textElement("div", "and " + more + " more"));
      if (many) last.append(bordermap.textElement("div", listed([...where], 3)));
      if (how.size) last.append(bordermap.textElement("div", "Position: " + [...how].join(", ")));
      if (last.childNodes.length) box.append(last);
      return box;
    },

    // Keeps the focus, and with it a tooltip, off the gate that lies under a mark.
    _onPress(event) {
      if (this._data && this._hitOf(event)) event.preventDefault();
    },

    _onClick(event) {
      if (!this._data || this._map.dragging.moved()) return;
      const shape = this._hitOf(event);
      if (shape) {
        event.stopPropagation();
        this._choose(shape);
      } else if (this._spread) {
        this._spread = null;
        this.redraw();
      }
    },

    _choose(shape) {
      this._hover(null);
      const isLeaf = this._spread && shape.group && shape.group !== this._spread;
      const spreads = shape.group && !shape.area && shape.count > 1 && shape.count <= SPREAD_TO;
      if (spreads) this._spread = shape.group;
      else if (!isLeaf) this._spread = null;
      this._sayChosen(shape.rows);
      this.redraw();
    },

    _sayChosen(rows) {
      bordermap.send("choose", { rows: [...rows], columns: this._source.columns });
    },

    _onKey(event) {
      if (!this._data || event.target !== this._map.getContainer()) return;
      const step = { n: 1, p: -1 }[event.key] || this._arrow(event);
      if (step) this._step(step);
      else if (event.key === "Enter" && this._focus) this._choose(this._focus);
      else if (event.key === "Escape") {
        this._spread = this._focus = null;
        this._hover(null);
        this.redraw();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },

    _arrow(event) {
      return event.altKey && { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    },

    _step(step) {
      const shapes = this._shapes.slice().sort(inReadingOrder);
      if (!shapes.length) return;
      if (step < 0) shapes.reverse();
      const isNext = (shape) => step * inReadingOrder(shape, this._focus) > 0;
      this._focus = (this._focus && shapes.find(isNext)) || shapes[0];
      this._hover(this._focus);
      this.redraw();
    },

    // ---------------------------------------------------------------- far-away places
    _drawChips(corner, size) {
      const { terms, record, x, y, place } = this._data.columns;
      const { across, down } = this._world;
      const [west, south, east, north] = this._config.region.map((degrees) => degrees * 1e6);
      const rowsOf = new Map();
      for (const i of this._arranged.selected) {
        if (x[i] >= west && x[i] <= east && y[i] >= south && y[i] <= north) continue;
        const left = across[i] - corner.x;
        const top = down[i] - corner.y;
        if (left >= 0 && top >= 0 && left <= size.x && top <= size.y) continue;
        const name = terms.place[place[i]];
        if (!rowsOf.has(name)) rowsOf.set(name, new Set());
        rowsOf.get(name).add(record[i]);
      }
      const found = [...rowsOf].sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1));
      const named = found.length > CHIPS + 1 ? found.slice(0, CHIPS) : found;
      const rest = found.slice(named.length);
      const chips = named.map(([name, rows]) => [name + " " + rows.size, rows]);
      if (rest.length) {
        const rows = new Set(rest.flatMap(([, some]) => [...some]));
        chips.push([rest.length + " other places " + rows.size, rows]);
      }
      const wording = chips.map(([text]) => text).join("\n");
      if (this._chipWording === wording && this._chipMask === this._arranged) return;
      this._chipWording = wording;
      this._chipMask = this._arranged;
      this._chipBox.hidden = !chips.length;
      this._chipBox.replaceChildren(
        bordermap.textElement("span", "Outside the map:"),
        ...chips.map(([text, rows]) => {
          const button = bordermap.textElement("button", text);
          button.type = "button";
          button.addEventListener("click", () => this._sayChosen(rows));
          return button;
        })
      );
    },
  };

  // ---------------------------------------------------------------- helpers
  function nearest(cells, column, line, spot) {
    let best = null;
    let least = MERGE;
    for (let i = column - 1; i <= column + 1; i++) {
      for (let k = line - 1; k <= line + 1; k++) {
        for (const other of cells.get(i + "," + k) || []) {
          const away = Math.hypot(other.x - spot.x, other.y - spot.y);
          if (away < least) {
            least = away;
            best = other;
          }
        }
      }
    }
    return best;
  }

  function isWithin({ x, y, reach }, size) {
    return x > -reach && y > -reach && x < size.x + reach && y < size.y + reach;
  }

  const sameBytes = (a, b) =>
    a === b || Boolean(a && b && a.length === b.length && a.every((byte, i) => byte === b[i]));

  const same = (a, b) => a.area === b.area && a.rows.length === b.rows.length && a.rows[0] === b.rows[0];

  const inReadingOrder = (a, b) => a.y - b.y || a.x - b.x || a.area.length - b.area.length;

  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  const counted = (count, noun) => count + " " + noun + (count === 1 ? "" : "s");

  function listed(names, limit) {
    const rest = names.length - limit;
    return rest > 0 ? names.slice(0, limit).join(", ") + " and " + rest + " more" : names.join(", ");
  }

  // ---------------------------------------------------------------- symbols
  function trace(context, form, x, y, radius) {
    context.beginPath();
    if (form === "circle") {
      context.arc(x, y, radius, 0, 2 * Math.PI);
      return;
    }
    for (const [dx, dy] of bordermap.shapes[form]) context.lineTo(x + dx * radius, y + dy * radius);
    context.closePath();
  }

  function outline(context, colour, width, dash) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash || []);
    context.stroke();
    context.setLineDash([]);
  }

  function drawPoint(context, shape) {
    const style = bordermap.style;
    const { x, y, radius, form, families } = shape;
    const edge = style.outlines[shape.exact ? "exact" : "near"];
    trace(context, form, x, y, radius);
    outline(context, shape.exact ? style.paper : style.muted, edge.width + (shape.exact ? 2 : 1.2));
    if (families.size === 1) {
      context.fillStyle = style.families[[...families.keys()][0]];
      context.fill();
      if (shape.hollow) {
        trace(context, form, x, y, radius * 0.55);
        context.fillStyle = style.paper;
        context.fill();
        trace(context, form, x, y, radius);
      }
    } else {
      fillShares(context, shape);
      trace(context, form, x, y, radius);
    }
    outline(context, edge.colour, edge.width, edge.dash);
    if (shape.count > 1) drawCount(context, shape);
  }

  // A pie of the families with a pale middle for the count, cut to the form.
  function fillShares(context, { x, y, radius, form, families, count }) {
    const style = bordermap.style;
    context.save();
    context.clip();
    let from = -Math.PI / 2;
    for (const [family, share] of families) {
      const to = from + (2 * Math.PI * share) / count;
      context.fillStyle = style.families[family];
      context.beginPath();
      context.moveTo(x, y);
      context.arc(x, y, radius * 1.3, from, to);
      context.fill();
      from = to;
    }
    context.restore();
    trace(context, form, x, y, radius * 0.64);
    context.fillStyle = style.paper;
    context.fill();
  }

  function drawCount(context, { x, y, count, families, radius, hollow }) {
    const style = bordermap.style;
    const single = families.size === 1;
    const dark = !single || hollow || isPale(style.families[[...families.keys()][0]]);
    context.font = "600 " + Math.max(10, Math.min(13, radius)) + "px " + style.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = dark ? style.ink : style.paper;
    context.fillText(String(count), x, y + 0.5);
  }

  function drawDisc(context, shape) {
    const style = bordermap.style;
    const { x, y, radius, families, count, area, dense } = shape;
    const colour = families.size === 1 ? style.families[[...families.keys()][0]] : style.muted;
    const edge = style.outlines[area];
    trace(context, "circle", x, y, radius);
    context.fillStyle = colour + hexByte(style.area_opacity);
    context.fill();
    outline(context, colour, edge.width, edge.dash);
    if (count > 1 && !dense) {
      context.font = "600 11px " + style.font;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = 3;
      context.strokeStyle = style.paper;
      context.strokeText(String(count), x, y);
      context.fillStyle = style.ink;
      context.fillText(String(count), x, y);
    }
  }

  // "≈ 5" in a dashed frame: so many records that are placed only to this region.
  function drawBadge(context, shape) {
    const style = bordermap.style;
    const { x, y, width, reach, count, families } = shape;
    const edge = style.outlines.state;
    context.beginPath();
    context.roundRect(x - width / 2, y - reach, width, 2 * reach, 4);
    context.fillStyle = style.paper + "e6";
    context.fill();
    outline(context, edge.colour, edge.width, edge.dash);
    let left = x - width / 2 + 4;
    const full = width - 8;
    for (const [family, share] of families) {
      const part = (full * share) / count;
      context.fillStyle = style.families[family];
      context.fillRect(left, y + reach - 4, part, 2);
      left += part;
    }
    context.font = "600 11px " + style.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = style.ink;
    context.fillText("≈ " + count, x, y - 1);
  }

  function drawRing(context, { x, y, reach, radius, width }, isFocus) {
    const style = bordermap.style;
    const alpha = context.globalAlpha;
    context.globalAlpha = 1;
    if (width) {
      context.beginPath();
      context.roundRect(x - width / 2 - 3, y - reach - 3, width + 6, 2 * reach + 6, 6);
    } else {
      trace(context, "circle", x, y, radius + 5);
    }
    outline(context, style.paper, 5);
    outline(context, isFocus ? style.ink : style.accent, 2.5, isFocus ? [4, 3] : []);
    context.globalAlpha = alpha;
  }

  const hexByte = (share) => Math.round(share * 255).toString(16).padStart(2, "0");

  function isPale(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b > 140;
  }

  // ---------------------------------------------------------------- legend
  function legend(map) {
    const control = new L.Control({ position: "bottomright" });
    control.onAdd = () => {
      const box = bordermap.textElement("details", "", "bordermap-panel bordermap-legend");
      const entries = bordermap.textElement("div", "", "bordermap-entries");
      entries.append(...legendEntries());
      entries.style.maxHeight = Math.max(120, map.getSize().y - 230) + "px";
      box.append(bordermap.textElement("summary", "Legend"), entries);
      box.open = map.getSize().x >= 1000 && map.getSize().y >= 640;
      box.addEventListener("toggle", () => map.fire("bordermap:drawn"));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    return control;
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
