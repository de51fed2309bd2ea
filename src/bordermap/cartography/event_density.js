// Numbers of events to pixels: how many at one spot is how dark a disc is, on a scale that is
// the same at every frame and view. Plain functions on arrays; nothing here knows of the map.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const FULL = 1000; // events at one spot from which the colour is the darkest
  const RADII = [3.5, 1.3]; // of a disc in pixels: where few spots are lit, and where many
  const CROWDED = [0.008, 0.12]; // lit spots to a pixel around them, where these radii are reached
  const GROWTH = 0.45; // by how much the darkest disc is larger than the palest
  const SIZES = 8; // sizes of disc from pale to dark

  const LEVELS = Uint8Array.from({ length: FULL + 1 }, (_, count) =>
    count ? 1 + Math.round((254 * Math.log(count)) / Math.log(FULL)) : 0
  );

  // 0 for none, 1 for one event, 255 for FULL and more; by logarithm between.
  const level = (count) => LEVELS[count < FULL ? count : FULL];

  // 256 colours from a list of "#rrggbb", as bytes blue, green, red of a number; 0 is unused.
  function ramp(colours) {
    const stops = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
    return Uint32Array.from({ length: 256 }, (_, step) => {
      const place = (Math.max(step - 1, 0) / 254) * (stops.length - 1);
      const low = Math.min(Math.floor(place), stops.length - 2);
      const [r, g, b] = [0, 1, 2].map((part) =>
        Math.round(stops[low][part] + (place - low) * (stops[low + 1][part] - stops[low][part]))
      );
      return (b << 16) | (g << 8) | r;
    });
  }

  // Radius of the palest disc in pixels where so many spots to a pixel are lit.
  function radius(crowding) {
    const share = Math.log(Math.max(crowding, CROWDED[0]) / CROWDED[0]) / Math.log(CROWDED[1] / CROWDED[0]);
    return RADII[0] + Math.min(share, 1) * (RADII[1] - RADII[0]);
  }

  // A disc with a soft edge: offsets into a plane of so many columns, and coverage in bytes.
  function disc(reach, columns) {
    const offsets = [];
    const cover = [];
    const edge = Math.ceil(reach);
    for (let dy = -edge; dy <= edge; dy++) {
      for (let dx = -edge; dx <= edge; dx++) {
        const share = Math.min(reach + 0.5 - Math.hypot(dx, dy), 1);
        if (share <= 0) continue;
        offsets.push(dy * columns + dx);
        cover.push(Math.round(255 * share));
      }
    }
    return { offsets: Int32Array.from(offsets), cover: Uint8Array.from(cover) };
  }

  // Draws spots as discs into pixels; of discs that lie on each other, the darkest is seen.
  class Density {
    constructor(colours) {
      this._colours = ramp(colours);
      this._discs = new Map();
      this._width = this._height = 0;
    }

    // Pixels of the screen; a margin holds what hangs over the edge.
    _resize(width, height, margin) {
      if (width === this._width && height === this._height && margin === this._margin) return;
      Object.assign(this, { _width: width, _height: height, _margin: margin });
      this._columns = width + 2 * margin;
      const length = this._columns * (height + 2 * margin);
      this._levels = new Uint8Array(length);
      this._cover = new Uint8Array(length);
      this.image = new ImageData(width, height);
      this._out = new Uint32Array(this.image.data.buffer);
      this._discs.clear();
    }

    // spots: {cells, lit, crowding, counts, x, y}: the first `lit` of `cells` are lit; counts, x and y are by
    // cell, places in pixels of the page from left, top. ratio: pixels of the screen to one of the
    // page. Leaves the picture in `image`.
    draw(spots, left, top, size, ratio) {
      const { cells, lit, crowding, counts, x, y } = spots;
      this.radius = radius(crowding);
      const margin = 2 * Math.ceil(RADII[0] * (1 + GROWTH) * ratio) + 2;
      this._resize(Math.round(size.x * ratio), Math.round(size.y * ratio), margin);
      const { _levels: levels, _cover: covers, _columns: columns, _width: width, _height: height } = this;
      levels.fill(0);
      covers.fill(0);
      const discs = Array.from({ length: SIZES }, (_, step) => this._disc(step, ratio));
      for (let k = 0; k < lit; k++) {
        const cell = cells[k];
        const across = Math.round((x[cell] - left) * ratio - 0.5);
        const down = Math.round((y[cell] - top) * ratio - 0.5);
        if (across < -margin / 2 || across >= width + margin / 2) continue;
        if (down < -margin / 2 || down >= height + margin / 2) continue;
        const here = level(counts[cell]);
        const { offsets, cover } = discs[(here * SIZES) >> 8];
        const middle = (down + margin) * columns + across + margin;
        for (let j = 0; j < offsets.length; j++) {
          const at = middle + offsets[j];
          if (cover[j] > covers[at]) covers[at] = cover[j];
          if (here > levels[at]) levels[at] = here;
        }
      }
      this._compose();
    }

    _disc(step, ratio) {
      const grown = this.radius * (1 + (GROWTH * step) / (SIZES - 1)) * ratio;
      const eighths = Math.round(grown * 8);
      if (!this._discs.has(eighths)) this._discs.set(eighths, disc(eighths / 8, this._columns));
      return this._discs.get(eighths);
    }

    _compose() {
      const { _levels: levels, _cover: covers, _columns: columns, _margin: margin } = this;
      const { _width: width, _height: height, _out: out, _colours: colours } = this;
      let to = 0;
      for (let row = 0; row < height; row++) {
        let at = (row + margin) * columns + margin;
        for (const end = at + width; at < end; at++, to++) {
          const cover = covers[at];
          out[to] = cover ? (cover << 24) | colours[levels[at]] : 0;
        }
      }
    }
  }

  bordermap.density = { Density, level, ramp, radius, FULL };
})();
