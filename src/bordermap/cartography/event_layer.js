// The layer of events: what of the records is selected and in the window of days, drawn on one
// canvas as symbols where few are in view and as densities where many are. Drawing, pointer and
// keyboard, and chips for far-away places are parts of it in files of their own.
//
// It talks to the page through CustomEvents on the bus document (detail is plain data; each has
// `channel`, and one without is for all):
//   receives  bordermap:selection {mask, chosen, view, data}
//             mask: address of the bits, or the bits, a Uint8Array: bit i & 7 of byte i >> 3 is
//             record i; null: all. Until the bits are there, the last picture stays.
//             chosen: record or null;  view: {lat, lng, zoom} or null
//             data: {columns, text}, addresses of the data that mask and chosen belong to;
//             without it, that of the config
//             bordermap:mask {mask}: another mask of the same data, before its selection is said
//             bordermap:time {from, to}: days since 1970-01-01, both inclusive, null: open;
//             without any bound everything is shown, the undated too
//             bordermap:bins {edges, by}: answered at once by bordermap:histogram
//             bordermap:goto {lat, lng, zoom}: moves the map and says nothing of it
//   sends     bordermap:ready {}   bordermap:view {lat, lng, zoom}
//             bordermap:moving {lat, lng, zoom}: at every step of a move by the reader
//             bordermap:choose {rows, total, columns}: at most 200 rows, the latest first;
//             columns: address of the data of the rows, null where it is a part of the page
//             bordermap:changed {}: other data or another mask
//             bordermap:histogram {edges, by, groups, counts, meetings, days}
//             bordermap:drawn {records, marks, ms, mode}: mode is the share of densities
//             (and, from the base map, bordermap:region {code}, bordermap:gate {id})
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  // ---------------------------------------------------------------- the layer
  bordermap.eventLayer = function (config) {
    const layer = new Layer(config);
    const handle = {
      visibleRecords: () => layer.visibleRecords(),
      marksInView: () => layer.marksInView(),
      countRegions: (window) => (layer._matching ? layer._matching.regions(window) : {}),
      setClip: (edges) => layer.setClip(edges),
      setKeys: (on) => {
        layer._hearsKeys = on;
      },
      pixelAt: (x, y) => layer.pixelAt(x, y),
      get chosen() {
        return layer._chosen;
      },
      get lastDraw() {
        return layer._lastDraw;
      },
      get time() {
        return layer._time;
      },
      get days() {
        return layer._matching ? layer._matching.days : null;
      },
      get densityShare() {
        return layer._share;
      },
    };
    bordermap.layers = Object.assign(bordermap.layers || {}, { [config.channel]: handle });
    window.bordermapLayers = bordermap.layers;
    if (config.channel === "a" || !window.bordermapLayer) window.bordermapLayer = handle;
    return layer;
  };

  // Defined when first used: the canvas layer belongs to the base map's scripts.
  function Layer(config) {
    const Class = bordermap.CanvasLayer.extend(
      Object.assign({}, METHODS, bordermap.layerDrawing, bordermap.layerPointer, bordermap.layerChips)
    );
    return new Class(config);
  }

  const METHODS = {
    options: { pane: "bordermap-events" },

    initialize(config) {
      this._config = config;
      this._chosen = null;
      this._revealed = null;
      this._source = config;
      this._request = null; // AbortController of the data that is there or on its way
      this._data = null;
      this._wanted = null; // mask that the page asked for last: address, bits or null
      this._mask = null; // bits that are drawn, or null
      this._maskRequest = null; // AbortController of bits on their way
      this._matching = this._view = this._makes = null;
      this._time = { from: null, to: null };
      this._clip = null;
      this._hearsKeys = true;
      this._late = []; // timers of what waits until the window rests
      this._shapes = [];
      this._share = 0;
      this._spread = null;
      this._focus = null;
      this._density = new bordermap.density.Density(bordermap.style.density);
      this._picture = document.createElement("canvas");
      const { channel } = config;
      bordermap.hear("selection", (detail) => this.select(detail), channel);
      bordermap.hear("mask", ({ mask }) => this._want(mask), channel);
      bordermap.hear("time", (detail) => this._setTime(detail), channel);
      bordermap.hear("bins", (detail) => this._sayHistogram(detail), channel);
      bordermap.hear("goto", (detail) => this._go(detail), channel);
    },

    _say(name, detail) {
      bordermap.send(name, Object.assign({ channel: this._config.channel }, detail));
    },

    onAdd(map) {
      if (!this._parts) this._build(map);
      for (const [name, handler] of this._listeners()) {
        map.getContainer().addEventListener(name, handler, true);
      }
      for (const control of this._controls) map.addControl(control);
      bordermap.CanvasLayer.prototype.onAdd.call(this, map);
      this._cut();
      this._use(this._source);
    },

    onRemove(map) {
      for (const [name, handler] of this._listeners()) {
        map.getContainer().removeEventListener(name, handler, true);
      }
      this._hover(null);
      for (const control of this._controls) control.remove();
      this._setObstacles(map, []);
      bordermap.CanvasLayer.prototype.onRemove.call(this, map);
    },

    getEvents() {
      const events = bordermap.CanvasLayer.prototype.getEvents.call(this);
      return Object.assign({}, events, {
        move: () => {
          this.redraw();
          this._sayMoving();
        },
        movestart: () => this._hover(null),
        moveend: () => {
          this.redraw();
          if (this._led !== "goto") this._sayView();
          this._led = null;
        },
        zoomstart: () => {
          this._spread = null;
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

    // Elements around the canvas, made once. The second layer of a map has no furniture.
    _build(map) {
      const container = map.getContainer();
      this._parts = {
        tip: bordermap.textElement("div", "", "bordermap-tip"),
        spoken: bordermap.textElement("div", "", "bordermap-hidden"),
        notice: bordermap.textElement("div", "Loading records…", "bordermap-notice"),
        status: bordermap.textElement("div", "", "bordermap-hidden"),
      };
      const { tip, spoken, notice, status } = this._parts;
      tip.hidden = true;
      spoken.setAttribute("aria-live", "polite");
      container.append(tip, spoken);
      this._controls = [];
      this._legend = bordermap.eventLegend(map);
      this._chipBox = bordermap.textElement("div", "", "bordermap-panel bordermap-chips");
      this._chipBox.hidden = true;
      if (!this._config.furniture) return;
      container.setAttribute("role", "region");
      container.setAttribute(
        "aria-label",
        "Map of records. N and P step through the marks in view, Enter chooses."
      );
      notice.setAttribute("role", "status");
      status.dataset.testid = "bordermap-status";
      container.append(notice, status);
      const chips = new L.Control({ position: "bottomleft" });
      L.DomEvent.disableClickPropagation(this._chipBox);
      chips.onAdd = () => this._chipBox;
      this._controls = [this._legend, chips];
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
      if (this._maskRequest) this._maskRequest.abort();
      this._request = this._maskRequest = this._data = this._revealed = null;
      this._matching = this._view = this._makes = null;
      this._wanted = this._mask = null;
      this._spread = this._focus = null;
      this._shapes = [];
      this._share = 0;
      if (!this._parts) return;
      this._chipWording = null;
      this._chipBox.hidden = true;
      bordermap.setText(this._parts.status, "");
      bordermap.setText(this._parts.spoken, "");
      if (!this._map) return;
      this._setObstacles(this._map, []);
      this.redraw();
    },

    async _load() {
      const request = (this._request = new AbortController());
      this._notice("Loading records…");
      const arrived = () => this._onTexts();
      let data;
      try {
        data = await bordermap.loadEvents(this._source, this._config, request.signal, arrived);
      } catch (error) {
        if (this._request !== request) return;
        this._request = null;
        this._notice(
          "The records could not be loaded (" + error.message + "). Reload the page to try again.",
          true
        );
        bordermap.layGround();
        this._sayReady();
        return;
      }
      if (this._request !== request) return;
      this._data = data;
      const { style } = bordermap;
      this._matching = new bordermap.Matching(data.columns, style);
      this._matching.setWindow(this._time.from, this._time.to);
      this._view = new bordermap.View(data.columns, style);
      this._makes = new bordermap.Shapes(data.columns, this._view, style);
      this._outside = bordermap.outsideOf(data.columns, this._config.region);
      this._notice(null);
      this._reveal();
      if (!this._maskRequest) this._take(this._mask);
      this._sayReady();
    },

    _notice(text, isFault = false) {
      const { notice } = this._parts;
      notice.classList.toggle("bordermap-fault", isFault);
      notice.hidden = text === null;
      if (text !== null) notice.textContent = text;
    },

    // The page answers with what it wants to see, which may be other data.
    _sayReady() {
      if (this._saidReady) return;
      this._saidReady = true;
      this._say("ready");
    },

    // ---------------------------------------------------------------- selection
    select({ mask = null, chosen = null, view, data }) {
      this._use(data || this._config);
      const isOther = chosen !== this._chosen;
      this._chosen = chosen;
      const opened = this._spread;
      if (chosen !== null && opened && !opened.rows.includes(chosen)) this._spread = null;
      this._hover(null);
      if (view && this._map) {
        this._show(view);
        this._revealed = chosen;
      }
      this._reveal();
      this._want(mask);
      if (isOther) this.redraw();
    },

    // Takes bits, or fetches them; the last that was asked for wins.
    async _want(mask) {
      if (mask === this._wanted) return;
      this._wanted = mask;
      if (this._maskRequest) this._maskRequest.abort();
      this._maskRequest = null;
      if (typeof mask !== "string") {
        this._take(mask);
        return;
      }
      const request = (this._maskRequest = new AbortController());
      let bits;
      try {
        bits = await bordermap.loadMask(mask, request.signal);
      } catch (error) {
        if (this._maskRequest !== request) return;
        this._wanted = undefined; // the next message tries again
        if (this._parts) {
          this._notice("The selection could not be loaded (" + error.message + ").", true);
        }
        return;
      }
      if (this._maskRequest !== request) return;
      this._maskRequest = null;
      if (this._data) this._notice(null);
      this._take(bits);
    },

    _take(bits) {
      const isOther = !sameBytes(bits, this._mask);
      this._mask = bits;
      if (!this._matching || (!isOther && this._view.made)) return;
      if (isOther) this._spread = this._focus = null;
      this._matching.setMask(bits);
      this._view.forget();
      this._hover(null);
      this.drawNow();
      this._say("changed");
    },

    _isShown() {
      return Boolean(this._matching) && !this._maskRequest || Boolean(this._view && this._view.made);
    },

    _setTime({ from = null, to = null }) {
      if (from === this._time.from && to === this._time.to) return;
      this._time = { from, to };
      this._spread = null;
      if (!this._matching) return;
      this._matching.setWindow(from, to);
      this._hover(null);
      this._isPlaying = true;
      this.redraw();
    },

    _sayHistogram({ edges, by }) {
      if (!this._matching || !this._matching.days) return;
      const counted = this._matching.histogram(edges, by);
      this._say("histogram", Object.assign({ edges, by, days: this._matching.days }, counted));
    },

    visibleRecords() {
      return this._matching ? this._matching.rows() : [];
    },

    // ---------------------------------------------------------------- the view
    // Brings a newly chosen record into view, unless it is there or lies outside the region.
    _reveal() {
      if (!this._data || !this._map || this._revealed === this._chosen) return;
      this._revealed = this._chosen;
      if (this._chosen === null) return;
      const { first } = this._data.columns;
      const [west, south, east, north] = this._config.region;
      const places = [];
      for (let mark = first[this._chosen]; mark < first[this._chosen + 1]; mark++) {
        const place = this._placeOf(mark);
        const inside = place.lng >= west && place.lng <= east && place.lat >= south;
        if (inside && place.lat <= north) places.push(place);
      }
      const view = this._map.getBounds().pad(-0.05);
      if (!places.length || places.some((place) => view.contains(place))) return;
      this._led = "reveal";
      const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this._map.panTo(places[0], { animate: !isStill });
    },

    _placeOf(mark) {
      const { x, y } = this._data.columns;
      const angle = Math.PI * (1 - (2 * y[mark]) / 2 ** 32);
      return L.latLng((Math.atan(Math.sinh(angle)) * 180) / Math.PI, (x[mark] / 2 ** 32 - 0.5) * 360);
    },

    _show(view) {
      const map = this._map;
      const away = map.latLngToContainerPoint(view).distanceTo(map.getSize().divideBy(2));
      if (map.getZoom() === view.zoom && away < 2) return;
      this._led = "view";
      map.setView([view.lat, view.lng], view.zoom, { animate: false });
    },

    _go({ lat, lng, zoom }) {
      if (!this._map || !this._config.furniture) return;
      clearTimeout(this._viewTimer);
      this._led = "goto";
      this._map.setView([lat, lng], zoom, { animate: false });
    },

    _sayMoving() {
      if (this._led || !this._config.furniture || this._map.bordermapAdapting) return;
      const { lat, lng } = this._map.getCenter();
      this._say("moving", { lat, lng, zoom: this._map.getZoom() });
    },

    _sayView() {
      if (!this._config.furniture) return;
      clearTimeout(this._viewTimer);
      this._viewTimer = setTimeout(() => {
        if (!this._map || !this._map.bordermapMoved) return;
        const { lat, lng } = this._map.getCenter();
        this._say("view", { lat, lng, zoom: this._map.getZoom() });
      }, 250);
    },

    // Left and right edge in pixels of the map between which the layer is seen; null: all of it.
    // The picture stays whole, so that a divider moves without drawing.
    setClip(edges) {
      this._clip = edges;
      this._hover(null);
      if (this._canvas) this._cut();
    },

    _cut() {
      const [left, right] = this._clip || [0, 0];
      const { x } = this._map.getSize();
      this._canvas.style.clipPath = this._clip ? `inset(0 ${x - right}px 0 ${left}px)` : "";
    },

    _isClipped(x) {
      return this._clip !== null && (x < this._clip[0] || x > this._clip[1]);
    },
  };

  // ---------------------------------------------------------------- helpers
  const sameBytes = (a, b) =>
    a === b || Boolean(a && b && a.length === b.length && a.every((byte, i) => byte === b[i]));
})();
