// Which records are selected, by a mask of bits and a window of days, and what is counted of
// them. Counts by day are made once for each mask, so that a window costs next to nothing.
// Plain functions on arrays; nothing here knows of the map.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const BLOCK = 8192;

  // Acts on one part after the other of what is long: a function that is called often is compiled
  // well and for good, a loop that runs once is not.
  bordermap.inBlocks = function (length, act) {
    for (let from = 0; from < length; from += BLOCK) act(from, Math.min(from + BLOCK, length));
  };

  class Matching {
    constructor(columns, style) {
      this._columns = columns;
      this._style = style;
      this._all = new Uint8Array(Math.ceil(columns.records / 8)).fill(255);
      this.mask = this._all;
      this.low = 0;
      this.high = columns.never;
      this.days = daysOf(columns);
      this._groups = groupsOf(columns.terms.category, style);
      this._tally = null;
    }

    // null: all. What passes over the records meets bits in both cases, which the browser compiles
    // once: the first of many masks is no slower than the others.
    setMask(mask) {
      this.mask = mask || this._all;
      this._tally = null;
    }

    // Whole days since 1970-01-01, both inclusive, null where open. A window with a bound
    // leaves out what is undated; that with none is everything.
    setWindow(from, to) {
      [this.low, this.high] = this._bounds(from, to);
    }

    _bounds(from, to) {
      const { zero, never } = this._columns;
      const within = (day) => Math.min(Math.max(day - zero, 0), never - 1);
      return [
        from === null ? 0 : Math.max(within(from), 1),
        to === null ? never : within(to),
      ];
    }

    has(row) {
      const { start, end } = this._columns;
      return this.isMasked(row) && start[row] <= this.high && end[row] >= this.low;
    }

    isMasked(row) {
      return Boolean((this.mask[row >> 3] >> (row & 7)) & 1);
    }

    rows() {
      const rows = [];
      for (let row = 0; row < this._columns.records; row++) if (this.has(row)) rows.push(row);
      return rows;
    }

    // Records that match mask and window. Each that ends before the window has started before
    // its end, so that two counts give the third; the undated are counted apart.
    count() {
      const { started, ended, undated, dated } = this._counted();
      const { low, high } = this;
      const last = started.length - 1;
      if (!low && high === this._columns.never) return dated + undated;
      const begun = started[Math.min(high, last)];
      return begun - (low ? ended[Math.min(low - 1, last)] : 0);
    }

    // Sums up to and with each day, and records by group and the day on which they are counted.
    _counted() {
      if (this._tally) return this._tally;
      const { records, zero } = this._columns;
      const length = this.days ? this.days[1] - zero + 1 : 1;
      const started = new Uint32Array(length);
      const ended = new Uint32Array(length);
      const byDay = this._groups.groups.map(() => new Uint32Array(length));
      const tally = { started, ended, undated: 0, dated: 0, byDay };
      bordermap.inBlocks(records, (from, to) => this._countBlock(tally, from, to));
      for (let day = 1; day < length; day++) {
        started[day] += started[day - 1];
        ended[day] += ended[day - 1];
      }
      return (this._tally = tally);
    }

    _countBlock(tally, firstRow, endRow) {
      const { start, end, never, category } = this._columns;
      const { groupOf } = this._groups;
      const { started, ended, byDay } = tally;
      const { mask } = this;
      let undated = 0;
      let dated = 0;
      for (let row = firstRow; row < endRow; row++) {
        if (!((mask[row >> 3] >> (row & 7)) & 1)) continue;
        const from = start[row];
        const to = end[row];
        if (from === never) {
          undated += 1;
          continue;
        }
        dated += 1;
        started[from] += 1;
        if (to !== never) ended[to] += 1;
        const day = from || (to === never ? 0 : to);
        if (day) byDay[groupOf[category[row]]][day] += 1;
      }
      tally.undated += undated;
      tally.dated += dated;
    }

    // Counts between edges, n + 1 days since 1970-01-01 in order, by family or kind. A record
    // counts once: on its first day or, where that is open, on its last.
    histogram(edges, by) {
      const { zero } = this._columns;
      const { byDay } = this._counted();
      const { groups } = this._groups;
      const isThere = byDay.map((days) => days.some((count) => count > 0));
      const bins = Math.max(edges.length - 1, 0);
      const { kind_colours: kinds, families, labels } = this._style;
      const looks = by === "kind" ? kinds : families;
      const names = Object.keys(looks).filter((name) =>
        groups.some((group, number) => isThere[number] && group[by] === name)
      );
      const counts = new Uint32Array(names.length * bins);
      const meetings = new Uint32Array(bins);
      groups.forEach((group, number) => {
        if (!isThere[number]) return;
        const days = byDay[number];
        const at = names.indexOf(group[by]) * bins;
        for (let bin = 0; bin < bins; bin++) {
          const to = Math.min(edges[bin + 1] - zero, days.length);
          let sum = 0;
          for (let day = Math.max(edges[bin] - zero, 0); day < to; day++) sum += days[day];
          counts[at + bin] += sum;
          if (group.kind === "meeting") meetings[bin] += sum;
        }
      });
      return {
        groups: names.map((name) => ({ name, label: labels[name], colour: looks[name] })),
        counts,
        meetings,
      };
    }

    // Records by code of region, each once a region; window: {from, to}, by default the current.
    regions(window) {
      const { records, start, end, region, first, terms } = this._columns;
      const [low, high] = window ? this._bounds(window.from, window.to) : [this.low, this.high];
      const counts = new Uint32Array(terms.region.length);
      const last = new Int32Array(terms.region.length).fill(-1);
      const { mask } = this;
      for (let row = 0; row < records; row++) {
        if (start[row] > high || end[row] < low) continue;
        if (!((mask[row >> 3] >> (row & 7)) & 1)) continue;
        for (let mark = first[row]; mark < first[row + 1]; mark++) {
          const code = region[mark];
          if (last[code] === row) continue;
          last[code] = row;
          counts[code] += 1;
        }
      }
      const found = {};
      terms.region.forEach((code, number) => {
        if (code && counts[number]) found[code] = counts[number];
      });
      return found;
    }

    // The day by which a record is the latest; undated ones are the oldest of all.
    dayOf(row) {
      const { start, end, never } = this._columns;
      if (start[row] === never) return -1;
      return start[row] || (end[row] === never ? 0 : end[row]);
    }

    // The latest rows, at most so many; those of one day in their order.
    latest(rows, most) {
      const before = (a, b) => this.dayOf(b) - this.dayOf(a) || a - b;
      if (most > 10 || rows.length <= most) return Array.from(rows).sort(before).slice(0, most);
      const found = [];
      for (const row of rows) {
        if (found.length === most && before(row, found[most - 1]) >= 0) continue;
        if (found.length === most) found.pop();
        found.push(row);
        found.sort(before);
      }
      return found;
    }
  }

  // First and last day that any record names, in days since 1970-01-01; null where none does.
  function daysOf({ records, start, end, never, zero }) {
    let first = never;
    let last = 0;
    for (let row = 0; row < records; row++) {
      const from = start[row];
      const to = end[row];
      if (from === never) continue;
      if (from && from < first) first = from;
      if (from > last) last = from;
      if (to === never) continue;
      if (to < first) first = to;
      if (to > last) last = to;
    }
    return last ? [first + zero, last + zero] : null;
  }

  // The pairs of kind and family, and the number of the pair of each category.
  function groupsOf(categories, style) {
    const groups = [];
    const groupOf = Uint8Array.from(categories, ([kind, category]) => {
      const family = style.categories[kind][category];
      let at = groups.findIndex((group) => group.kind === kind && group.family === family);
      if (at < 0) at = groups.push({ kind, family }) - 1;
      return at;
    });
    return { groups, groupOf };
  }

  bordermap.Matching = Matching;
})();
