// The selected marks of a view in compact arrays, made when the view or the mask changes. A frame
// of a window that moves passes over these only, and counts into a grid of small cells and into
// areas. Plain arrays; nothing here draws.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const CELL = 2; // pixels of a cell of the grid
  const PAD = 96; // pixels around the view that are held too, so that a small move is cheap
  const CROWD = 8; // cells across a block in which lit cells crowd
  const AREA_CELLS = 256; // cells of the grid of areas across the larger side
  const WORLD = 2 ** 32;

  // Signs of areas: a disc of a size on the ground, and a badge of a region.
  const DISC = 1;
  const BADGE = 2;
  const DISC_APART = [26, 64]; // pixels between middles, or they are one: of few and of many marks
  const MANY = 4000;
  const BADGE_APART = [[50, 20], [96, 48]]; // across and down

  class View {
    constructor(columns, style) {
      this._columns = columns;
      const precisions = columns.terms.geo_precision;
      this._areaOf = Uint8Array.from({ length: 256 }, (_, code) => {
        const outline = style.outlines[precisions[code & 127]];
        return outline && outline.area ? (outline.radius_km ? DISC : BADGE) : 0;
      });
      this._kilometres = Math.max(...Object.values(style.outlines).map((edge) => edge.radius_km));
      this.families = Object.keys(style.families);
      this._familyOf = Uint8Array.from(columns.terms.category, ([kind, category]) =>
        this.families.indexOf(style.categories[kind][category])
      );
      this.made = false;
    }

    familyOf(row) {
      return this._familyOf[this._columns.category[row]];
    }

    // Whether a view lies within what is held. corner: of the view, in pixels of the world.
    holds(zoom, corner, size) {
      return (
        this.made &&
        this.zoom === zoom &&
        corner.x >= this.left &&
        corner.y >= this.top &&
        corner.x + size.x <= this.left + this.across * CELL &&
        corner.y + size.y <= this.top + this.down * CELL
      );
    }

    forget() {
      this.made = false;
    }

    arrange(mask, zoom, corner, size) {
      this.made = true;
      this.zoom = zoom;
      this.scale = (256 * 2 ** zoom) / WORLD; // pixels of the world to a unit of x and y
      this.left = Math.floor((corner.x - PAD) / CELL) * CELL;
      this.top = Math.floor((corner.y - PAD) / CELL) * CELL;
      this.across = Math.ceil((size.x + 2 * PAD) / CELL) + 1;
      this.down = Math.ceil((size.y + 2 * PAD) / CELL) + 1;
      this._makeGrids(corner, size);
      this._gather(mask);
      this._centre();
      this._merge();
      this._window = null;
    }

    _makeGrids(corner, size) {
      const cells = this.across * this.down;
      if (!this.counts || this.counts.length < cells) {
        this.counts = new Uint32Array(cells);
        this.cells = new Uint32Array(cells);
        this.x = new Float64Array(cells);
        this.y = new Float64Array(cells);
      }
      const blocks = Math.ceil(this.across / CROWD) * Math.ceil(this.down / CROWD);
      this._crowds = new Uint8Array(blocks);
      // A disc may reach into the view from far away.
      const reach = Math.max(PAD, (this._kilometres * 1000) / this.metres(corner.y + size.y / 2));
      const wide = Math.max(size.x, size.y) + 2 * reach;
      const cell = Math.max(CELL, wide / AREA_CELLS);
      this._areas = {
        cell,
        left: Math.floor((corner.x - reach) / cell) * cell,
        top: Math.floor((corner.y - reach) / cell) * cell,
        across: Math.ceil((size.x + 2 * reach) / cell) + 1,
        down: Math.ceil((size.y + 2 * reach) / cell) + 1,
      };
    }

    // Metres of the ground to a pixel, at a height in pixels of the world.
    metres(down) {
      const whole = this.scale * WORLD;
      return 40075016.7 / Math.cosh(Math.PI * (1 - (2 * down) / whole)) / whole;
    }

    _reserve() {
      const { marks, start } = this._columns;
      if (this.mark) return;
      const Days = start.constructor;
      this.mark = new Uint32Array(marks);
      this.cell = new Uint32Array(marks);
      this._start = new Days(marks);
      this._end = new Days(marks);
    }

    // Points fill the arrays from the front, areas from the back.
    _gather(mask) {
      this._reserve();
      this.points = 0;
      this.firstArea = this._columns.marks;
      bordermap.inBlocks(this._columns.marks, (from, to) => this._gatherBlock(mask, from, to));
    }

    _gatherBlock(mask, from, to) {
      const { marks, record, x, y, precision, start, end } = this._columns;
      const { mark, cell, _start: starts, _end: ends, _areaOf: areaOf, across, down, scale } = this;
      const areas = this._areas;
      const west = this.left / scale;
      const north = this.top / scale;
      const east = west + (across * CELL) / scale;
      const south = north + (down * CELL) / scale;
      const fine = scale / CELL;
      const areaWest = areas.left / scale;
      const areaNorth = areas.top / scale;
      const areaEast = areaWest + (areas.across * areas.cell) / scale;
      const areaSouth = areaNorth + (areas.down * areas.cell) / scale;
      const coarse = scale / areas.cell;
      let points = this.points;
      let back = this.firstArea;
      for (let i = from; i < to; i++) {
        const px = x[i];
        const py = y[i];
        const area = areaOf[precision[i]];
        let place;
        if (area) {
          if (px < areaWest || px >= areaEast || py < areaNorth || py >= areaSouth) continue;
          place = ((py - areaNorth) * coarse | 0) * areas.across + ((px - areaWest) * coarse | 0);
          place = place * 2 + area - 1;
        } else {
          if (px < west || px >= east || py < north || py >= south) continue;
          place = ((py - north) * fine | 0) * across + ((px - west) * fine | 0);
        }
        const row = record[i];
        if (!((mask[row >> 3] >> (row & 7)) & 1)) continue;
        // A record counts once where several of its places fall together.
        if (area) {
          if (back < marks && cell[back] === place && record[mark[back]] === row) continue;
          back -= 1;
          mark[back] = i;
          cell[back] = place;
          starts[back] = start[row];
          ends[back] = end[row];
        } else {
          if (points && cell[points - 1] === place && record[mark[points - 1]] === row) continue;
          mark[points] = i;
          cell[points] = place;
          starts[points] = start[row];
          ends[points] = end[row];
          points += 1;
        }
      }
      this.points = points;
      this.firstArea = back;
    }

    // Each cell is drawn in the middle of all that it holds, whatever the window is, so that it
    // does not dance while the window moves.
    _centre() {
      const { counts, x, y, scale } = this;
      counts.fill(0);
      x.fill(0);
      y.fill(0);
      bordermap.inBlocks(this.points, (from, to) => this._centreBlock(from, to));
      const cells = this.across * this.down;
      for (let at = 0; at < cells; at++) {
        if (!counts[at]) continue;
        x[at] *= scale / counts[at];
        y[at] *= scale / counts[at];
      }
    }

    _centreBlock(from, to) {
      const { counts, x, y, mark, cell } = this;
      const { x: marksX, y: marksY } = this._columns;
      for (let k = from; k < to; k++) {
        const at = cell[k];
        counts[at] += 1;
        x[at] += marksX[mark[k]];
        y[at] += marksY[mark[k]];
      }
    }

    // Areas of one spot are one, and those whose signs would lie on each other join the spot with
    // the most records. This too is for all of time: areas stand still while the window moves.
    _merge() {
      const { mark, cell, firstArea, scale } = this;
      const { marks, x, y } = this._columns;
      const spotOf = new Int32Array(this._areas.across * this._areas.down * 2).fill(-1);
      const spots = [];
      for (let k = firstArea; k < marks; k++) {
        let number = spotOf[cell[k]];
        if (number < 0) {
          number = spotOf[cell[k]] = spots.length;
          spots.push({ number, badge: cell[k] % 2 === BADGE - 1, x: 0, y: 0, count: 0 });
        }
        const spot = spots[number];
        spot.x += x[mark[k]];
        spot.y += y[mark[k]];
        spot.count += 1;
        cell[k] = number;
      }
      for (const spot of spots) {
        spot.x *= scale / spot.count;
        spot.y *= scale / spot.count;
      }
      this.areas = [];
      const neighbours = new Neighbours(Number(this.points > MANY));
      const groupOf = new Uint32Array(spots.length);
      const inOrder = spots.sort((a, b) => b.count - a.count || a.y - b.y || a.x - b.x);
      for (const spot of inOrder) {
        const near = neighbours.of(spot);
        groupOf[spot.number] = near ? near.number : this.areas.length;
        if (near) continue;
        const area = { badge: spot.badge, x: spot.x, y: spot.y, number: this.areas.length };
        this.areas.push(area);
        neighbours.add(area);
      }
      for (let k = firstArea; k < marks; k++) cell[k] = groupOf[cell[k]];
      this.areaCounts = new Uint32Array(this.areas.length);
      this.areaFamilies = new Uint32Array(this.areas.length * this.families.length);
    }

    // Counts what lies in the window, into cells and areas.
    count(low, high) {
      if (this._window && this._window[0] === low && this._window[1] === high) return;
      this._window = [low, high];
      const { cell, mark, firstArea, _start: starts, _end: ends } = this;
      this.counts.fill(0);
      bordermap.inBlocks(this.points, (from, to) => this._countBlock(low, high, from, to));
      const { marks, record, category } = this._columns;
      const { areaCounts, areaFamilies, _familyOf: familyOf } = this;
      const families = this.families.length;
      areaCounts.fill(0);
      areaFamilies.fill(0);
      for (let k = firstArea; k < marks; k++) {
        if (starts[k] > high || ends[k] < low) continue;
        areaCounts[cell[k]] += 1;
        areaFamilies[cell[k] * families + familyOf[category[record[mark[k]]]]] += 1;
      }
    }

    _countBlock(low, high, from, to) {
      const { counts, cell, _start: starts, _end: ends } = this;
      for (let k = from; k < to; k++) {
        if (starts[k] <= high && ends[k] >= low) counts[cell[k]] += 1;
      }
    }

    // Finds the cells that hold something in the view: after it, `lit` of `cells`, and their
    // `crowding`, lit cells to a pixel of the blocks that hold any. Returns the number of marks.
    light(corner, size) {
      const { counts, cells, across, down } = this;
      const from = Math.max(Math.floor((corner.x - this.left) / CELL) - 4, 0);
      const to = Math.min(Math.ceil((corner.x + size.x - this.left) / CELL) + 4, across);
      const last = Math.min(Math.ceil((corner.y + size.y - this.top) / CELL) + 4, down);
      const wide = Math.ceil(across / CROWD);
      this._crowds.fill(0);
      let blocks = 0;
      let lit = 0;
      let marks = 0;
      for (let line = Math.max(Math.floor((corner.y - this.top) / CELL) - 4, 0); line < last; line++) {
        for (let at = line * across + from, end = line * across + to; at < end; at++) {
          if (!counts[at]) continue;
          cells[lit++] = at;
          marks += counts[at];
          const block = Math.floor(line / CROWD) * wide + Math.floor((at - line * across) / CROWD);
          blocks += 1 - this._crowds[block];
          this._crowds[block] = 1;
        }
      }
      this.lit = lit;
      this.crowding = lit / Math.max(blocks, 1) / (CROWD * CELL) ** 2;
      return marks;
    }

    // Calls act(mark, cell) for each point of the window, or those of one lot of cells.
    eachPoint(act, wanted) {
      const { mark, cell, points, _start: starts, _end: ends, _window: [low, high] } = this;
      for (let k = 0; k < points; k++) {
        if (starts[k] > high || ends[k] < low || (wanted && !wanted.has(cell[k]))) continue;
        act(mark[k], cell[k]);
      }
    }

    // Calls act(mark, area) for each mark of an area of the window.
    eachArea(act) {
      const { mark, cell, firstArea, _start: starts, _end: ends, _window: [low, high] } = this;
      for (let k = firstArea; k < this._columns.marks; k++) {
        if (starts[k] <= high && ends[k] >= low) act(mark[k], cell[k]);
      }
    }

    // Lit cells around a point of the world, in pixels; nearest first.
    near(x, y, reach) {
      const { counts, across, down } = this;
      const column = Math.floor((x - this.left) / CELL);
      const line = Math.floor((y - this.top) / CELL);
      const steps = Math.ceil(reach / CELL) + 1;
      const found = [];
      for (let dy = -steps; dy <= steps; dy++) {
        for (let dx = -steps; dx <= steps; dx++) {
          const [i, j] = [column + dx, line + dy];
          if (i < 0 || j < 0 || i >= across || j >= down || !counts[j * across + i]) continue;
          const cell = j * across + i;
          const away = Math.hypot(this.x[cell] - x, this.y[cell] - y);
          if (away <= reach) found.push({ cell, away });
        }
      }
      return found.sort((a, b) => a.away - b.away).map(({ cell }) => cell);
    }
  }

  // Groups by place, to ask whether another of their kind is too near.
  class Neighbours {
    constructor(many) {
      this._disc = DISC_APART[many];
      this._badge = BADGE_APART[many];
      this._buckets = new Map();
    }

    add(area) {
      const key = this._key(area, 0, 0);
      if (!this._buckets.has(key)) this._buckets.set(key, []);
      this._buckets.get(key).push(area);
    }

    of(spot) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const near = this._buckets.get(this._key(spot, dx, dy));
          const found = near && near.find((area) => this._isOver(area, spot));
          if (found) return found;
        }
      }
      return null;
    }

    _key({ badge, x, y }, dx, dy) {
      const wide = Math.max(this._disc, ...this._badge);
      return ((Math.floor(y / wide) + dy) * WORLD + Math.floor(x / wide) + dx) * 2 + Number(badge);
    }

    _isOver(area, spot) {
      if (area.badge !== spot.badge) return false;
      const dx = Math.abs(area.x - spot.x);
      const dy = Math.abs(area.y - spot.y);
      if (area.badge) return dx < this._badge[0] && dy < this._badge[1];
      return Math.hypot(dx, dy) < this._disc;
    }
  }

  bordermap.View = View;
})();
