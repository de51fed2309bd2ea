// What the layer of events draws and says: columns in a binary form, and texts, which are
// fetched as they are needed where there are very many records.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const KEPT = 2000; // texts that are remembered
  const GATHER = 40; // milliseconds in which wishes are gathered into one request
  const REST = 3000; // milliseconds without a request after one that failed

  const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array };

  // Columns of records and of their marks. Days count from `zero`: 0 is an open start, `never`
  // an open end, and an undated record starts at `never` and ends at 0. `record` is the owner
  // of each mark, `first` the first mark of each record, and of one after the last.
  function decode(buffer) {
    const bytes = new Uint8Array(buffer);
    const magic = String.fromCharCode(...bytes.subarray(0, 4));
    if (magic !== "BMEV") throw new Error("these are not map columns");
    const length = new DataView(buffer).getUint32(4, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    if (header.version !== 2) throw new Error("map columns of version " + header.version);
    const read = {};
    for (const { name, type, offset, length: count } of header.columns) {
      read[name] = new ARRAYS[type](buffer, 8 + length + offset, count);
    }
    const { marks: marksOf, day_start: start, day_end: end, ...columns } = read;
    const { records, marks, day_zero: zero, dictionaries: terms } = header;
    const never = start.BYTES_PER_ELEMENT === 2 ? 0xffff : 0x7fffffff;
    const record = new Uint32Array(marks);
    const first = new Uint32Array(records + 1);
    let mark = 0;
    for (let row = 0; row < records; row++) {
      first[row] = mark;
      for (let left = marksOf[row]; left; left--) record[mark++] = row;
    }
    first[records] = mark;
    return Object.assign(columns, { records, marks, zero, terms, start, end, never, record, first });
  }

  bordermap.fromBase64 = function (text) {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  };

  async function fetched(url, as, signal) {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error("HTTP " + response.status);
    return response[as]();
  }

  // Answers by address, for all layers of a frame: one request for each, and the last few are
  // kept. A request ends when nobody waits for it any more.
  class Answers {
    constructor(as, most, made = (answer) => answer) {
      Object.assign(this, { _as: as, _most: most, _made: made });
      this._asked = new Map(); // the longest unused first
    }

    async get(url, signal) {
      const asked = this._asked.get(url) || this._ask(url);
      this._asked.delete(url);
      this._asked.set(url, asked);
      asked.waiting += 1;
      let leave;
      const left = new Promise((resolve, reject) => {
        leave = () => reject(new DOMException("not wanted any more", "AbortError"));
        signal.addEventListener("abort", leave);
      });
      try {
        return await Promise.race([asked.answer, left]);
      } finally {
        signal.removeEventListener("abort", leave);
        asked.waiting -= 1;
        if (!asked.waiting) this._tidy(url, asked);
      }
    }

    _ask(url) {
      const end = new AbortController();
      const asked = { end, waiting: 0, there: false };
      asked.answer = fetched(url, this._as, end.signal).then((answer) => {
        asked.there = true;
        return this._made(answer);
      });
      asked.answer.catch(() => {
        asked.there = false;
      });
      return asked;
    }

    _tidy(url, asked) {
      if (!asked.there && this._asked.get(url) === asked) {
        asked.end.abort();
        this._asked.delete(url);
      }
      for (const [old, { waiting }] of this._asked) {
        if (this._asked.size <= this._most) break;
        if (!waiting) this._asked.delete(old);
      }
    }
  }

  const allColumns = new Answers("arrayBuffer", 2, decode);
  const allTexts = new Answers("json", 2);
  const masks = new Answers("arrayBuffer", 16, (buffer) => new Uint8Array(buffer));

  // Bit i & 7 of byte i >> 3 says whether record i is selected.
  bordermap.loadMask = (url, signal) => masks.get(url, signal);

  // Asks for columns before the layer does, while the rest of the map is being made.
  bordermap.expectEvents = function (url) {
    allColumns.get(url, new AbortController().signal).catch(() => {}); // the layer will say it
  };

  // source: {columns, text, embedded}; limits: {texts_at_once, rows_per_request}.
  // signal ends this and all later requests; arrived is called when texts come later.
  bordermap.loadEvents = async function (source, limits, signal, arrived) {
    const columns = source.embedded
      ? decode(bordermap.fromBase64(source.embedded).buffer)
      : await allColumns.get(source.columns, signal);
    if (Array.isArray(source.text)) return { columns, texts: new AllTexts(source.text) };
    // Marks are drawn first; what is said of them may come later.
    if (columns.records > limits.texts_at_once) {
      const texts = new TextsAsNeeded(source.text, limits.rows_per_request, signal, arrived);
      return { columns, texts };
    }
    return { columns, texts: new TextsAtOnce(source.text, signal, arrived) };
  };

  class AllTexts {
    constructor(list) {
      this._list = list;
    }

    of(row) {
      return this._list[row];
    }

    want() {}
  }

  class TextsAtOnce {
    constructor(url, signal, arrived) {
      Object.assign(this, { _url: url, _signal: signal, _arrived: arrived });
      this._list = [];
      this._restUntil = 0;
      this.failed = false;
      this._load();
    }

    of(row) {
      return this._list[row];
    }

    want() {
      if (this.failed && Date.now() >= this._restUntil) this._load();
    }

    async _load() {
      this.failed = false;
      try {
        this._list = await allTexts.get(this._url, this._signal);
      } catch {
        this.failed = true;
        this._restUntil = Date.now() + REST;
      }
      if (!this._signal.aborted) this._arrived();
    }
  }

  class TextsAsNeeded {
    constructor(url, most, signal, arrived) {
      Object.assign(this, { _url: url, _most: most, _signal: signal, _arrived: arrived });
      this._known = new Map(); // the least recently used first
      this._wanted = new Set();
      this._asked = new Set();
      this._restUntil = 0;
      this.failed = false;
    }

    of(row) {
      const text = this._known.get(row);
      if (text) {
        this._known.delete(row);
        this._known.set(row, text);
      }
      return text;
    }

    want(rows) {
      if (Date.now() < this._restUntil) return;
      for (const row of rows) {
        if (!this._known.has(row) && !this._asked.has(row)) this._wanted.add(row);
      }
      if (!this._wanted.size || this._gathering) return;
      this._gathering = setTimeout(() => {
        this._gathering = null;
        const all = [...this._wanted].sort((a, b) => a - b);
        this._wanted.clear();
        for (let k = 0; k < all.length; k += this._most) this._ask(all.slice(k, k + this._most));
      }, GATHER);
    }

    async _ask(rows) {
      if (this._signal.aborted) return;
      rows.forEach((row) => this._asked.add(row));
      try {
        const url = this._url + (this._url.includes("?") ? "&" : "?") + "rows=" + rows.join(",");
        const texts = await fetched(url, "json", this._signal);
        if (texts.length !== rows.length) throw new Error("not the texts that were asked for");
        rows.forEach((row, k) => this._known.set(row, texts[k]));
        for (const row of this._known.keys()) {
          if (this._known.size <= KEPT) break;
          this._known.delete(row);
        }
        this.failed = false;
      } catch {
        this.failed = true;
        this._restUntil = Date.now() + REST;
      }
      rows.forEach((row) => this._asked.delete(row));
      if (!this._signal.aborted) this._arrived();
    }
  }
})();
