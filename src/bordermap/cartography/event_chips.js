// Chips for places far away from the region, which never move the view; a part of the layer.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const CHIPS = 2; // far-away places that get a chip of their own
  const NAMED_OF = 20; // far-away places from which none has a chip of its own

  bordermap.layerChips = {
    _drawChips(corner, size) {
      const { terms, record, x, y, place } = this._data.columns;
      const { scale } = this._view;
      const rowsOf = new Map();
      for (const mark of this._outside) {
        if (!this._matching.has(record[mark])) continue;
        const left = x[mark] * scale - corner.x;
        const top = y[mark] * scale - corner.y;
        if (left >= 0 && top >= 0 && left <= size.x && top <= size.y) continue;
        const name = terms.place[place[mark]];
        if (!rowsOf.has(name)) rowsOf.set(name, new Set());
        rowsOf.get(name).add(record[mark]);
      }
      const found = [...rowsOf].sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1));
      const most = found.length > NAMED_OF ? 0 : CHIPS;
      const named = found.length > CHIPS + 1 ? found.slice(0, most) : found;
      const rest = found.slice(named.length);
      const worded = (words, rows) => [words + " (" + rows.size.toLocaleString("en") + ")", rows];
      const chips = named.map(([name, rows]) => worded(name, rows));
      if (rest.length) {
        const rows = new Set();
        for (const [, some] of rest) for (const row of some) rows.add(row);
        const places = rest.length.toLocaleString("en") + (named.length ? " other places" : " places");
        chips.push(worded(places, rows));
      }
      this._chipRows = chips.map(([, rows]) => [...rows]);
      const wording = chips.map(([text]) => text).join("\n");
      if (this._chipWording === wording) return;
      this._chipWording = wording;
      this._chipBox.hidden = !chips.length;
      this._chipBox.replaceChildren(
        bordermap.textElement("span", "Outside the map:"),
        ...chips.map(([text], number) => {
          const button = bordermap.textElement("button", text);
          button.type = "button";
          button.addEventListener("click", () =>
            this._sayChosen({ rows: this._chipRows[number] })
          );
          return button;
        })
      );
    },
  };

  // ---------------------------------------------------------------- helpers
  // Marks that lie outside a box of degrees: west, south, east, north.
  bordermap.outsideOf = function ({ marks, x, y }, [west, south, east, north]) {
    const across = (degrees) => (degrees / 360 + 0.5) * 2 ** 32;
    const down = (degrees) =>
      (0.5 - Math.asinh(Math.tan((degrees * Math.PI) / 180)) / (2 * Math.PI)) * 2 ** 32;
    const [left, right, top, bottom] = [across(west), across(east), down(north), down(south)];
    const found = [];
    for (let i = 0; i < marks; i++) {
      if (x[i] < left || x[i] > right || y[i] < top || y[i] > bottom) found.push(i);
    }
    return found;
  };
})();
