// Names on the map: each is shown from one zoom to another where there is room.
// items: [{name, name_my, name_zh, style, longitude, latitude, rank, from, to, point}], most
// important first.
// A label of a point stands beside it, one of an area on it. None overlaps another or a mark
// of the event layer, which leaves its boxes in map.bordermapObstacles.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const { boxAround, isFree } = bordermap;
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
        {
          "bordermap:drawn": this.redraw,
          "bordermap:shaded": this.redraw,
          "bordermap:settings": this._rename,
          "overlayadd overlayremove": this.redraw,
        },
        bordermap.CanvasLayer.prototype.getEvents.call(this)
      );
    },

    _rename() {
      for (const item of this._items) item.measured = null;
      this.redraw();
    },

    paint(context, size) {
      const zoom = this._map.getZoom();
      this._fade(context, size);
      const taken = (this._map.bordermapObstacles || []).concat(this._controls());
      const shown = this._items.filter((item) => item.from <= zoom && zoom <= item.to);
      const places = shown.map((item) => this._map.latLngToContainerPoint(item.latlng));
      for (const item of this._items) {
        const reach = markReach(item);
        if (reach) taken.push(boxAround(this._map.latLngToContainerPoint(item.latlng), reach, reach));
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
      const name = bordermap.nameOf(item);
      const lines = wrap(style.capitals ? name.toUpperCase() : name, item.point ? 99 : 15);
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
      // Letters of Burmese belong together.
      context.letterSpacing = (bordermap.settings.names === "my" ? 0 : style.spacing) + "px";
    },

    _write(context, text, box) {
      this._prepare(context, text);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = HALO;
      context.strokeStyle = text.style.halo + "d0";
      context.fillStyle = bordermap.settings.shade ? bordermap.style.ink : text.style.colour;
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

  // Above the middle of the area, where there is room for a badge below the name.
  function onArea(point, { width, height }) {
    const at = (dx, dy) => boxAround({ x: point.x + dx, y: point.y + dy }, width / 2, height / 2);
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

  function wrap(text, limit) {
    const cut = text.length > limit ? text.lastIndexOf(" ") : -1;
    return cut > 0 ? [text.slice(0, cut), text.slice(cut + 1)] : [text];
  }
})();
