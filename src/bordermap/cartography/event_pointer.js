// What of the layer of events lies at a point, and what pointer and keyboard do with it: hover,
// click, spread and focus; a part of the layer.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const SPREAD_TO = 40; // records that one click spreads out
  const ROWS_TO = 200; // rows of one click
  const TIP_TITLES = 3;
  const BLOCK = 32; // pixels of a step of the keyboard where marks are dense

  bordermap.layerPointer = {
    _hit(x, y) {
      if (!this._isShown() || this._isClipped(x)) return null;
      const isOver = (shape) => {
        const dx = Math.abs(shape.x - x);
        const dy = Math.abs(shape.y - y);
        return shape.width
          ? dx <= shape.width / 2 + 2 && dy <= shape.reach + 2
          : Math.hypot(dx, dy) <= shape.reach;
      };
      const found = this._shapes.filter(isOver).reverse();
      const inDensity = this._share >= 0.5;
      const front = found.find(
        (shape) => shape.area !== "district" && (shape.area || shape.isLeaf || !inDensity)
      );
      return front || (inDensity && this._hitDensity(x, y)) || found[0] || null;
    },

    _hitDensity(x, y) {
      const view = this._view;
      const reach = Math.max(this._density.radius + 1, 4);
      const cells = view.near(x + this._corner0.x, y + this._corner0.y, reach);
      return cells.length ? this._denseShape(cells, reach) : null;
    },

    // Several cells as one thing to hover or choose, at the place of the first.
    _denseShape(cells, reach) {
      const at = { x: this._view.x[cells[0]], y: this._view.y[cells[0]] };
      const [x, y] = [at.x - this._corner0.x, at.y - this._corner0.y];
      const key = "cells " + Math.round(at.x) + " " + Math.round(at.y);
      return { key, area: "", x, y, radius: reach, reach, cells };
    },

    // Rows of a shape and how many there are: at most so many, the latest first; and their marks.
    _found(shape, most) {
      const { record } = this._data.columns;
      let { rows, marks } = shape;
      if (!rows) {
        marks = [];
        if (shape.cells) this._view.eachPoint((mark) => marks.push(mark), new Set(shape.cells));
        else this._view.eachArea((mark, number) => number === shape.number && marks.push(mark));
        rows = [...new Set(marks.map((mark) => record[mark]))];
      }
      return { rows: this._matching.latest(rows, most), total: rows.length, marks };
    },

    _hitOf(event) {
      if (event.target.closest && event.target.closest(".leaflet-control")) return null;
      const point = this._map.mouseEventToContainerPoint(event);
      return this._hit(point.x, point.y);
    },

    // ---------------------------------------------------------------- pointer
    // Looks under the pointer once a frame; what comes between is looked at in the next.
    _onPointer(event) {
      if (!this._data || event.buttons || this._moving) return;
      if (this._isLooking) this._lookAgain = event;
      else {
        this._isLooking = true;
        this._look(event);
        requestAnimationFrame(() => {
          this._isLooking = false;
          const late = this._lookAgain;
          this._lookAgain = null;
          if (late && this._map && !this._moving) this._look(late);
        });
      }
      if (this._hovered) event.stopPropagation();
    },

    _look(event) {
      const shape = this._hitOf(event);
      if (shape && this._hovered && shape.key === this._hovered.key) return;
      this._hover(shape);
    },

    _hover(shape) {
      if (!this._map) return;
      const { tip } = this._parts;
      if (shape || this._hovered) {
        this._map.getContainer().classList.toggle("bordermap-over-event", Boolean(shape));
      }
      this._lookAgain = null;
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
      if (!tip.querySelector(".bordermap-awaited")) bordermap.setText(spoken, tip.innerText);
    },

    _onTexts() {
      if (this._hovered) this._hover(this._hovered);
    },

    _describe(shape) {
      const box = document.createDocumentFragment();
      const { rows, total, marks } = this._found(shape, TIP_TITLES);
      const many = total > 1;
      const { texts, columns } = this._data;
      texts.want(rows);
      if (many) box.append(bordermap.textElement("div", bordermap.counted(total, "record"), "bordermap-many"));
      for (const row of rows) {
        const part = document.createElement("section");
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
      const { terms, place, precision } = columns;
      const where = new Set();
      const how = new Set();
      for (const mark of marks) {
        where.add(terms.place[place[mark]]);
        how.add(bordermap.style.labels[terms.geo_precision[precision[mark] & 127]]);
      }
      const last = document.createElement("section");
      if (total > rows.length) {
        const more = (total - rows.length).toLocaleString("en");
        last.append(bordermap.textElement("div", "and " + more + " more, earlier"));
      }
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
      const found = this._sayChosen(shape);
      if (!shape.area && found.total > 1 && found.total <= SPREAD_TO) {
        const { x, y } = this._corner0;
        const { rows, marks } = found;
        this._spread = { key: shape.key, x: shape.x + x, y: shape.y + y, rows, marks };
      } else if (!shape.isLeaf) this._spread = null;
      this.redraw();
    },

    _sayChosen(shape) {
      const found = this._found(shape, ROWS_TO);
      const { rows, total } = found;
      this._say("choose", { rows, total, columns: this._source.columns });
      return found;
    },

    // ---------------------------------------------------------------- keys
    _onKey(event) {
      if (!this._data || !this._hearsKeys || event.target !== this._map.getContainer()) return;
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
      const stops = this._stops().sort(inReadingOrder);
      if (!stops.length) return;
      if (step < 0) stops.reverse();
      const isNext = (stop) => step * inReadingOrder(stop, this._focus) > 0;
      this._focus = (this._focus && stops.find(isNext)) || stops[0];
      this._hover(this._focus);
      this.redraw();
    },

    // What the keyboard steps through: the shapes and, where marks are dense, blocks of cells.
    _stops() {
      const inDensity = this._share >= 0.5;
      const shapes = this._shapes.filter((shape) => shape.area || shape.isLeaf || !inDensity);
      const stops = inDensity ? shapes.concat(this._blocks()) : shapes;
      return stops.filter((stop) => !this._isClipped(stop.x));
    },

    // Each stands at its fullest cell.
    _blocks() {
      const { cells, lit, counts, x, y } = this._view;
      const size = this._map.getSize();
      const blocks = new Map();
      for (let k = 0; k < lit; k++) {
        const cell = cells[k];
        const across = x[cell] - this._corner0.x;
        const down = y[cell] - this._corner0.y;
        if (across < 0 || down < 0 || across >= size.x || down >= size.y) continue;
        const key = Math.floor(y[cell] / BLOCK) * 2 ** 27 + Math.floor(x[cell] / BLOCK);
        const block = blocks.get(key);
        if (!block) blocks.set(key, [cell]);
        else if (counts[cell] > counts[block[0]]) block.unshift(cell);
        else block.push(cell);
      }
      return [...blocks.values()].map((block) => this._denseShape(block, 6));
    },
  };

  const inReadingOrder = (a, b) => a.y - b.y || a.x - b.x || (a.area || "").length - (b.area || "").length;

  function listed(names, limit) {
    const rest = names.length - limit;
    return rest > 0 ? names.slice(0, limit).join(", ") + " and " + rest + " more" : names.join(", ");
  }
})();
