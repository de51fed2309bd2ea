// What stands for marks on the map: a symbol for points of one spot, a leaf for each record of a
// spot that is spread out, a disc or a badge for an area; where it is, how large and what for.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const MERGE = 16; // pixels between points that share a symbol
  const BELOW_NAME = 12; // pixels; the name of a region stands above its anchor

  class Shapes {
    constructor(columns, view, style) {
      Object.assign(this, { _columns: columns, _view: view, _style: style });
    }

    // One symbol for each spot of these marks. corner: of the view, in pixels of the world.
    symbols(marks, corner) {
      return this._group(marks).map((group) => this._symbol(group, corner));
    }

    // Marks of one spot share a group; points so near that their symbols would lie on each
    // other join the spot with the most records.
    _group(marks) {
      const { x, y, record } = this._columns;
      const { scale } = this._view;
      const spots = new Map();
      for (const mark of marks) {
        const spotX = x[mark] * scale;
        const spotY = y[mark] * scale;
        const key = Math.floor(spotX * 4) * 2 ** 27 + Math.floor(spotY * 4);
        const spot = spots.get(key);
        if (spot) spot.marks.push(mark);
        else spots.set(key, { x: spotX, y: spotY, marks: [mark] });
      }
      const inOrder = [...spots.values()].sort(
        (a, b) => b.marks.length - a.marks.length || a.y - b.y || a.x - b.x
      );
      const groups = [];
      const cells = new Map();
      for (const spot of inOrder) {
        const column = Math.floor(spot.x / MERGE);
        const line = Math.floor(spot.y / MERGE);
        const near = nearest(cells, column, line, spot);
        if (near) {
          for (const mark of spot.marks) near.marks.push(mark);
          continue;
        }
        const key = line * 2 ** 27 + column;
        if (!cells.has(key)) cells.set(key, []);
        cells.get(key).push(spot);
        groups.push(spot);
      }
      for (const group of groups) {
        const one = group.marks.length === 1;
        group.rows = one ? [record[group.marks[0]]] : [...new Set(group.marks.map((i) => record[i]))];
      }
      return groups;
    }

    _symbol({ x, y, marks, rows }, corner) {
      const style = this._style;
      const { terms, category, precision } = this._columns;
      const exactly = terms.geo_precision.indexOf("exact");
      const { families: names } = this._view;
      const counts = new Array(names.length).fill(0);
      let kind = null;
      let mixed = false;
      for (const row of rows) {
        counts[this._view.familyOf(row)] += 1;
        const own = terms.category[category[row]][0];
        mixed = mixed || (kind !== null && kind !== own);
        kind = own;
      }
      const few = style.mark_size / 2;
      const radius = rows.length === 1 ? few : Math.min(19, 7.5 + 1.9 * Math.log2(rows.length));
      return {
        key: "point " + Math.round(x) + " " + Math.round(y),
        area: "",
        x: x - corner.x,
        y: y - corner.y,
        radius,
        reach: radius + 3,
        form: mixed ? "circle" : style.shapes[kind],
        exact: marks.every((mark) => (precision[mark] & 127) === exactly),
        hollow: marks.every((mark) => precision[mark] > 127), // what records concern, not where they were
        families: shares(names, counts, 0),
        count: rows.length,
        rows,
        marks,
      };
    }

    // One leaf for each record, on a ring or, when many, on a spiral around a point of the view.
    leaves(rows, marks, centre) {
      const { record } = this._columns;
      return rows.map((row, k) => {
        const many = rows.length > 10;
        const angle = many ? 0.9 + k * 0.52 : -Math.PI / 2 + (2 * Math.PI * k) / rows.length;
        const away = many ? 30 + k * 2.6 : 24 + rows.length * 2;
        const mark = marks.find((i) => record[i] === row);
        const at = {
          x: centre.x + away * Math.cos(angle),
          y: centre.y + away * Math.sin(angle),
        };
        const leaf = this._symbol({ x: 0, y: 0, marks: [mark], rows: [row] }, { x: 0, y: 0 });
        return Object.assign(leaf, at, { key: "leaf " + row, isLeaf: true });
      });
    }

    // Discs and badges of the areas that hold something now.
    areas(corner) {
      const { areas, areaCounts, areaFamilies, families: names } = this._view;
      const found = [];
      for (const { number, badge, x, y } of areas) {
        const count = areaCounts[number];
        if (!count) continue;
        const shape = {
          key: "area " + Math.round(x) + " " + Math.round(y),
          area: badge ? "state" : "district",
          number,
          x: x - corner.x,
          y: y - corner.y,
          families: shares(names, areaFamilies, number * names.length),
          count,
        };
        found.push(Object.assign(shape, badge ? badgeSize(count) : this._discSize(shape.area, y)));
        if (badge) shape.y += BELOW_NAME;
      }
      return found;
    }

    _discSize(area, down) {
      const metres = this._style.outlines[area].radius_km * 1000;
      const radius = Math.max(9, metres / this._view.metres(down));
      return { radius, reach: radius };
    }
  }

  function badgeSize(count) {
    return { width: 26 + 7 * bordermap.draw.short(count).length, reach: 9 };
  }

  function shares(names, counts, from) {
    const found = new Map();
    names.forEach((name, k) => {
      if (counts[from + k]) found.set(name, counts[from + k]);
    });
    return found;
  }

  function nearest(cells, column, line, spot) {
    let best = null;
    let least = MERGE;
    for (let i = column - 1; i <= column + 1; i++) {
      for (let k = line - 1; k <= line + 1; k++) {
        for (const other of cells.get(k * 2 ** 27 + i) || []) {
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

  bordermap.Shapes = Shapes;
})();
