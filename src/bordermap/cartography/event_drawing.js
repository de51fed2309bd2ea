// How the layer of events draws a picture, and what it tells others of it; a part of the layer.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const SYMBOLS_TO = 1500; // marks in view up to which all are symbols
  const DENSITY_FROM = 2000; // marks in view from which all is density
  const MARGIN = 24; // pixels around the view from which a symbol may reach into it
  const QUIET = 0.45; // by how much areas are fainter among densities
  const OUTSIDE_AT_ONCE = 2000; // marks far away up to which their chips keep pace
  const REST = 150; // milliseconds after which what follows the window slowly is brought up to it

  bordermap.layerDrawing = {
    paint(context, size) {
      if (!this._isShown()) return;
      const start = performance.now();
      const { _view: view, _matching: matching } = this;
      const corner = this._map.getPixelBounds().min;
      const zoom = this._map.getZoom();
      if (!view.holds(zoom, corner, size)) view.arrange(matching.mask, zoom, corner, size);
      view.count(matching.low, matching.high);
      const points = view.light(corner, size);
      this._share = smoothstep(SYMBOLS_TO, DENSITY_FROM, points);
      this._corner0 = corner;

      const areas = this._makes.areas(corner).filter((shape) => isWithin(shape, size));
      const symbols = this._share < 1 ? this._symbols(corner, size) : this._chosenSymbols(corner);
      const isSpread = (shape) => this._spread && shape.key === this._spread.key;
      this._shapes = [
        ...inLayers(areas.filter((shape) => !shape.width)),
        ...inLayers(symbols.filter((shape) => !isSpread(shape))),
        ...inLayers(areas.filter((shape) => shape.width)),
      ];
      const dim = this._spread ? 0.35 : 1;
      const chosenAreas = this._areasOfChosen();
      const isChosen = (shape) =>
        shape.rows ? shape.rows.includes(this._chosen) : chosenAreas.has(shape.number);
      const draw = (shapes, drawOne, alpha) => {
        context.globalAlpha = alpha;
        for (const shape of shapes) {
          drawOne(context, shape);
          if (this._chosen !== null && isChosen(shape)) bordermap.draw.ring(context, shape, false);
        }
      };
      const discs = this._shapes.filter((shape) => shape.area === "district");
      const quiet = dim * (1 - QUIET * this._share);
      draw(discs, bordermap.draw.disc, quiet);
      if (this._share) this._drawDensity(context, corner, size, this._share * dim);
      context.globalAlpha = dim;
      for (const shape of this._legible(discs)) bordermap.draw.discCount(context, shape);
      const symbolAlpha = this._share < 1 ? (1 - this._share) * dim : 1;
      draw(this._shapes.filter((s) => !s.area), bordermap.draw.point, symbolAlpha);
      const drawBadge = this._share < 0.5 ? bordermap.draw.badge : bordermap.draw.quietBadge;
      draw(this._shapes.filter((s) => s.area === "state"), drawBadge, dim);
      context.globalAlpha = 1;
      if (this._spread) this._drawSpread(context, corner);
      const focused = this._focus && this._stops().find((stop) => stop.key === this._focus.key);
      if (focused) bordermap.draw.ring(context, focused, true);

      const drawn = areas.reduce((sum, shape) => sum + shape.count, points);
      this._lastDraw = performance.now() - start;
      this._tell(drawn, size, corner);
    },

    // Discs whose numbers lie on no other number: the largest, and what badges leave free.
    _legible(discs) {
      const taken = this._shapes.filter((shape) => shape.width).map(boxOf);
      return discs.reverse().filter(({ x, y, count }) => {
        const half = 4 * bordermap.draw.short(count).length;
        const box = [x - half, y - 7, x + half, y + 7];
        if (!bordermap.isFree(box, taken)) return false;
        taken.push(box);
        return true;
      });
    },

    _symbols(corner, size) {
      const { x, y } = this._data.columns;
      const { scale } = this._view;
      const marks = [];
      this._view.eachPoint((mark) => {
        const across = x[mark] * scale - corner.x;
        const down = y[mark] * scale - corner.y;
        if (across < -MARGIN || down < -MARGIN) return;
        if (across < size.x + MARGIN && down < size.y + MARGIN) marks.push(mark);
      });
      return this._makes.symbols(marks, corner);
    },

    // Among densities, the chosen record still has its symbol.
    _chosenSymbols(corner) {
      if (this._chosen === null || !this._matching.has(this._chosen)) return [];
      const { first, precision, terms } = this._data.columns;
      const marks = [];
      for (let mark = first[this._chosen]; mark < first[this._chosen + 1]; mark++) {
        const { area } = bordermap.style.outlines[terms.geo_precision[precision[mark] & 127]];
        if (!area) marks.push(mark);
      }
      return this._makes.symbols(marks, corner);
    },

    _areasOfChosen() {
      const found = new Set();
      if (this._chosen === null || !this._matching.has(this._chosen)) return found;
      const { first } = this._data.columns;
      const [from, to] = [first[this._chosen], first[this._chosen + 1]];
      this._view.eachArea((mark, number) => {
        if (mark >= from && mark < to) found.add(number);
      });
      return found;
    },

    _drawDensity(context, corner, size, alpha) {
      const ratio = window.devicePixelRatio || 1;
      this._density.draw(this._view, corner.x, corner.y, size, ratio);
      const { image } = this._density;
      const picture = this._picture;
      if (picture.width !== image.width || picture.height !== image.height) {
        picture.width = image.width;
        picture.height = image.height;
      }
      picture.getContext("2d").putImageData(image, 0, 0);
      context.globalAlpha = alpha;
      context.drawImage(picture, 0, 0, size.x, size.y);
    },

    _drawSpread(context, corner) {
      const { rows, marks, x, y } = this._spread;
      const centre = { x: x - corner.x, y: y - corner.y };
      const leaves = this._makes.leaves(rows, marks, centre);
      context.strokeStyle = context.fillStyle = bordermap.style.muted;
      context.lineWidth = 1;
      context.beginPath();
      for (const leaf of leaves) {
        context.moveTo(centre.x, centre.y);
        context.lineTo(leaf.x, leaf.y);
      }
      context.stroke();
      context.beginPath();
      context.arc(centre.x, centre.y, 3, 0, 2 * Math.PI);
      context.fill();
      for (const leaf of leaves) {
        bordermap.draw.point(context, leaf);
        if (leaf.rows[0] === this._chosen) bordermap.draw.ring(context, leaf, false);
      }
      this._shapes = this._shapes.concat(leaves);
    },

    // What others learn of a picture. Names, gates and chips wait until the window rests, and
    // chips of very many marks until the map does.
    _tell(drawn, size, corner) {
      const records = this._matching.count();
      const said = bordermap.counted(records, "record") + ", " + bordermap.counted(drawn, "mark") + " drawn";
      bordermap.afterGround(() => bordermap.setText(this._parts.status, said));
      bordermap.afterPicture(bordermap.layGround);
      this._legend.showDensity(this._share > 0);
      const settle = (act, isLate) => {
        if (!isLate) act();
        else this._late.push(setTimeout(() => this._map && this._matching && act(), REST));
      };
      this._late.splice(0).forEach((timer) => clearTimeout(timer));
      settle(() => this._setObstacles(this._map, this._shapes.map(boxOf)), this._isPlaying);
      const isSlow = this._outside.length > OUTSIDE_AT_ONCE;
      settle(() => this._drawChips(corner, size), this._isPlaying || isSlow);
      this._isPlaying = false;
      this._say("drawn", { records, marks: drawn, ms: this._lastDraw, mode: this._share });
    },

    // Boxes that names and gates keep away from, of all layers of the map together.
    _setObstacles(map, boxes) {
      map.bordermapBoxes = Object.assign(map.bordermapBoxes || {}, { [this._config.channel]: boxes });
      map.bordermapObstacles = Object.values(map.bordermapBoxes).flat();
      map.fire("bordermap:drawn");
    },

    marksInView() {
      if (!this._view || !this._view.made) return [];
      const { record, x, y } = this._data.columns;
      const marks = this._shapes.flatMap((shape) =>
        (shape.marks || []).map((i) => ({ row: record[i], x: shape.x, y: shape.y }))
      );
      const areas = new Map(this._shapes.filter((s) => s.area).map((s) => [s.number, s]));
      this._view.eachArea((mark, number) => {
        const shape = areas.get(number);
        if (shape) marks.push({ row: record[mark], x: shape.x, y: shape.y });
      });
      if (this._share < 0.5) return marks;
      const size = this._map.getSize();
      this._view.eachPoint((mark) => {
        const across = x[mark] * this._view.scale - this._corner0.x;
        const down = y[mark] * this._view.scale - this._corner0.y;
        if (across < 0 || down < 0 || across >= size.x || down >= size.y) return;
        marks.push({ row: record[mark], x: across, y: down });
      });
      return marks;
    },

    pixelAt(x, y) {
      if (this._isClipped(x)) return [0, 0, 0, 0];
      const ratio = window.devicePixelRatio || 1;
      const at = [Math.floor(x * ratio), Math.floor(y * ratio)];
      return [...this._canvas.getContext("2d").getImageData(...at, 1, 1).data];
    },
  };

  function smoothstep(from, to, value) {
    const share = Math.min(Math.max((value - from) / (to - from), 0), 1);
    return share * share * (3 - 2 * share);
  }

  function isWithin({ x, y, reach }, size) {
    return x > -reach && y > -reach && x < size.x + reach && y < size.y + reach;
  }

  const inLayers = (shapes) => shapes.sort((a, b) => a.count - b.count);

  function boxOf({ x, y, reach, width }) {
    const half = width ? width / 2 : Math.min(reach, 20);
    const high = width ? reach : half;
    return [x - half, y - high, x + half, y + high];
  }

  // ---------------------------------------------------------------- words
  bordermap.setText = function (element, text) {
    if (element.textContent !== text) element.textContent = text;
  };

  bordermap.counted = (count, noun) =>
    count.toLocaleString("en") + " " + noun + (count === 1 ? "" : "s");
})();
