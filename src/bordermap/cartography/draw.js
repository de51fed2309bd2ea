// Selecting what lies in a part of the map: a box, a polygon, or all that is on the screen.
// The control comes with the first bordermap:selection that has `area`, which is {bbox},
// {polygon} or null and drawn as an outline; what the reader draws is said as bordermap:area.
// While drawing, a sheet over the map takes what the pointer does and the map hears nothing of it.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const DRAG = 5; // pixels from which a press is a drag
  const NEAR = { mouse: 10, pen: 12, touch: 22 }; // pixels around the first corner that close a polygon
  const DOUBLE = 450; // milliseconds between the presses of a double click
  const STEP = 16; // pixels of an arrow key
  const CORNERS = 100;
  const END = { lng: 180, lat: 85.05 };

  const HINTS = {
    box: "Drag a box, or click two of its corners. Escape cancels.",
    area: "Click the corners of the area. A double click, Enter or the first corner ends it; Escape cancels.",
  };
  const KEYS = " By keyboard: arrows move the cross, Space sets a corner.";
  const HUSHED = [
    ..."mousedown mouseup mousemove mouseover mouseout click dblclick contextmenu".split(" "),
    ..."touchstart touchmove touchend touchcancel".split(" "),
  ];

  bordermap.drawing = function (map) {
    let control = null;
    bordermap.hear("selection", ({ area }) => {
      if (area === undefined) return;
      control = control || new Drawing(map);
      control.show(area);
    });
  };

  class Drawing {
    constructor(map) {
      this._map = map;
      const pane = map.createPane("bordermap-area");
      Object.assign(pane.style, { zIndex: 610, pointerEvents: "none" });
      this._outline = L.featureGroup([], { pane: "bordermap-area" }).addTo(map);
      this._sketch = L.featureGroup([], { pane: "bordermap-area" }).addTo(map);
      this._area = null; // what is selected
      this._tool = ""; // what is drawn just now: "box", "area" or nothing
      this._buttons = {
        box: this._button("Box", "Select what lies in a box", () => this._toggle("box")),
        area: this._button("Area", "Select what lies in a polygon", () => this._toggle("area")),
        view: this._button("This view", "Select what lies in this view", () => this._takeView()),
        clear: this._button("Clear", "Select from the whole map again", () => this._say({ none: true })),
      };
      this._hint = bordermap.textElement("div", "", "bordermap-notice bordermap-hint");
      this._hint.setAttribute("role", "status");
      this._sheet = bordermap.textElement("div", "", "bordermap-sheet");
      this._sheet.tabIndex = -1;
      this._sheet.setAttribute("role", "application");
      map.getContainer().append(this._sheet, this._hint);
      for (const [name, act] of Object.entries({
        pointerdown: this._press,
        pointermove: this._move,
        pointerup: this._release,
        pointercancel: this._lose,
        keydown: this._key,
      })) {
        this._sheet.addEventListener(name, act.bind(this));
      }
      // Before the map and its layers, which listen on the way down to the sheet.
      for (const name of HUSHED) {
        const passive = name.startsWith("touch");
        window.addEventListener(name, (event) => this._hush(event), { capture: true, passive });
      }
      window.addEventListener("keydown", (event) => this._escape(event), true);
      map.on("moveend", () => this._mark());
      this._addTo(map);
      this._stop();
    }

    _button(text, title, act) {
      const button = bordermap.textElement("button", text);
      Object.assign(button, { type: "button", title });
      button.addEventListener("click", act);
      return button;
    }

    _addTo(map) {
      const bar = bordermap.textElement("div", "", "bordermap-panel bordermap-draw");
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", "Select a part of the map");
      bar.append(...Object.values(this._buttons));
      L.DomEvent.disableClickPropagation(bar);
      const control = new L.Control({ position: "topleft" });
      control.onAdd = () => bar;
      control.addTo(map);
      map.fire("bordermap:drawn"); // labels give way to the new control
    }

    // ---------------------------------------------------------------- what is selected
    show(area) {
      this._area = area;
      const corners = area && (area.polygon ? area.polygon.map(([x, y]) => [y, x]) : cornersOf(area.bbox));
      this._outline.clearLayers();
      if (corners) {
        const { paper, accent } = bordermap.style;
        const line = (color, weight, opacity) =>
          L.polygon(corners, { ...this._look(), color, weight, opacity, fillColor: accent, fillOpacity: 0.04 });
        this._outline.addLayer(line(paper, 5, 0.85)).addLayer(line(accent, 2, 1));
      }
      this._mark();
    }

    _look() {
      return { pane: "bordermap-area", interactive: false };
    }

    _say(area) {
      this._stop();
      this.show(area.none ? null : area);
      bordermap.send("area", area);
    }

    _takeView() {
      this._say(this._isView() ? { none: true } : { bbox: this._viewed() });
    }

    _viewed() {
      const bounds = this._map.getBounds();
      return [...onMap(bounds.getSouthWest()), ...onMap(bounds.getNorthEast())];
    }

    _isView() {
      const box = this._area && this._area.bbox;
      return Boolean(box) && this._viewed().every((degrees, i) => degrees === box[i]);
    }

    // Which buttons are pressed.
    _mark() {
      const { box, area, view, clear } = this._buttons;
      const drawn = this._area || {};
      const isView = this._isView();
      const press = (button, on) => button.setAttribute("aria-pressed", String(Boolean(on)));
      press(box, this._tool === "box" || (drawn.bbox && !isView));
      press(area, this._tool === "area" || drawn.polygon);
      press(view, isView);
      clear.hidden = !this._area;
    }

    // ---------------------------------------------------------------- a tool
    _toggle(tool) {
      if (this._tool === tool) this._stop();
      else if (this._buttons[tool].getAttribute("aria-pressed") === "true") this._say({ none: true });
      else this._start(tool);
    }

    _start(tool) {
      this._stop();
      this._tool = tool;
      this._sheet.hidden = this._hint.hidden = false;
      this._sheet.setAttribute("aria-label", HINTS[tool] + KEYS);
      this._hint.textContent = HINTS[tool];
      this._sheet.focus({ preventScroll: true });
      this._mark();
    }

    _stop() {
      const focused = document.activeElement === this._sheet && this._tool;
      if (focused) this._buttons[this._tool].focus({ preventScroll: true });
      this._tool = "";
      this._corners = []; // L.LatLng of what was set
      this._at = null; // L.LatLng under the pointer, or the cross of the keyboard
      this._byKeys = false; // whether the cross is shown
      this._down = null; // where a press began, in pixels
      this._last = 0; // when the last corner was set
      this._sketch.clearLayers();
      this._sheet.hidden = this._hint.hidden = true;
      this._mark();
    }

    _end() {
      const corners = this._corners;
      if (this._tool === "box") {
        const box = L.latLngBounds(corners);
        const [west, south] = onMap(box.getSouthWest());
        const [east, north] = onMap(box.getNorthEast());
        if (west < east && south < north) this._say({ bbox: [west, south, east, north] });
        else corners.pop();
        return;
      }
      const polygon = corners.map(onMap);
      if (new Set(polygon.map(String)).size >= 3) this._say({ polygon });
      else this._hint.textContent = "An area has three corners or more. " + HINTS.area;
    }

    // A corner of a box, or one more of a polygon.
    _set(place, near = 0) {
      const { _corners: corners } = this;
      const apart = (corner) => this._pixels(corner).distanceTo(this._pixels(place));
      const now = performance.now();
      if (this._tool === "area" && corners.length) {
        const again = now - this._last < DOUBLE && apart(corners.at(-1)) <= DRAG;
        if (again || (corners.length > 2 && apart(corners[0]) <= near)) {
          this._end();
          return;
        }
        if (corners.length === CORNERS) {
          this._hint.textContent = "An area has at most " + CORNERS + " corners. Enter ends it.";
          return;
        }
      }
      corners.push(place);
      this._last = now;
      if (this._tool === "box" && corners.length === 2) this._end();
      else this._draw();
    }

    // The sketch: what it would be if the pointer were the last corner.
    _draw() {
      const { accent, paper, ink } = bordermap.style;
      const look = this._look();
      const corners = this._at ? this._corners.concat(this._at) : this._corners;
      this._sketch.clearLayers();
      if (this._corners.length && corners.length > 1) {
        const shape = this._tool === "box" ? cornersOf(L.latLngBounds(corners)) : corners;
        const lines = { color: accent, weight: 2, dashArray: "5 4", fillOpacity: 0.08 };
        this._sketch.addLayer(L.polygon(shape, { ...look, ...lines }));
      }
      this._corners.forEach((corner, i) => {
        const closes = this._tool === "area" && i === 0 && this._corners.length > 2;
        const dot = { radius: closes ? 6 : 3.5, color: accent, weight: 2, fillColor: paper, fillOpacity: 1 };
        this._sketch.addLayer(L.circleMarker(corner, { ...look, ...dot }));
      });
      if (!this._byKeys) return;
      const { x, y } = this._pixels(this._at);
      const line = (dx, dy) => [[x - dx, y - dy], [x + dx, y + dy]].map((p) => this._place(p));
      this._sketch.addLayer(L.polyline([line(12, 0), line(0, 12)], { ...look, color: ink, weight: 1.5 }));
    }

    _pixels(place) {
      return this._map.latLngToContainerPoint(place);
    }

    _place(pixels) {
      return this._map.containerPointToLatLng(pixels);
    }

    // ---------------------------------------------------------------- pointer and keys
    _hush(event) {
      if (event.target !== this._sheet) return;
      event.stopImmediatePropagation();
      if (event.type === "mousedown") event.preventDefault(); // else text is selected and dragged
    }

    _press(event) {
      if (!event.isPrimary || event.button) return;
      this._sheet.focus({ preventScroll: true });
      this._sheet.setPointerCapture(event.pointerId);
      this._down = this._map.mouseEventToContainerPoint(event);
      this._byKeys = false;
    }

    _move(event) {
      if (!event.isPrimary) return;
      const point = this._map.mouseEventToContainerPoint(event);
      this._at = this._place(point);
      this._byKeys = false;
      const dragged = this._down && point.distanceTo(this._down) > DRAG;
      if (this._tool === "box" && dragged) this._corners = [this._place(this._down)];
      this._draw();
    }

    _release(event) {
      if (!event.isPrimary || !this._down) return;
      this._down = null;
      this._set(this._place(this._map.mouseEventToContainerPoint(event)), NEAR[event.pointerType]);
    }

    _lose() {
      this._down = null;
    }

    _key(event) {
      const [dx, dy] =
        { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [];
      if (dx !== undefined) {
        const step = event.shiftKey ? 1 : STEP;
        const size = this._map.getSize();
        const from = this._at ? this._pixels(this._at) : size.divideBy(2);
        const within = (value, end) => Math.min(Math.max(value, 0), end);
        const to = [within(from.x + dx * step, size.x), within(from.y + dy * step, size.y)];
        this._at = this._place(to);
        this._byKeys = true;
        this._draw();
      } else if (event.key === " ") this._set(this._at || this._map.getCenter());
      else if (event.key === "Enter" && this._tool === "area") this._end();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    _escape(event) {
      if (event.key !== "Escape" || !this._tool) return;
      event.stopImmediatePropagation();
      this._stop();
    }
  }

  // ---------------------------------------------------------------- helpers
  // Longitude and latitude to a metre or so.
  function onMap({ lng, lat }) {
    const within = (degrees, end) => Number(Math.min(Math.max(degrees, -end), end).toFixed(5));
    return [within(lng, END.lng), within(lat, END.lat)];
  }

  // Of [west, south, east, north], or of L.LatLngBounds.
  function cornersOf(box) {
    const [west, south, east, north] = Array.isArray(box) ? box : box.toBBoxString().split(",").map(Number);
    return [[south, west], [south, east], [north, east], [north, west]];
  }
})();
