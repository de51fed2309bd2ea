// What the layer of events draws and says: columns in a binary form, and texts, which are
// fetched as they are needed where there are very many records.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const KEPT = 2000; // texts that are remembered
  const GATHER = 40; // milliseconds in which wishes are gathered into one request
  const REST = 3000; // milliseconds without a request after one that failed

  const ARRAYS = { u8: Uint8Array, i32: Int32Array, u32: Uint32Array };

  function decode(buffer) {
    const bytes = new Uint8Array(buffer);
    const magic = String.fromCharCode(...bytes.subarray(0, 4));
    if (magic !== "BMEV") throw new Error("these are not map columns");
    const length = new DataView(buffer).getUint32(4, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    if (header.version !== 1) throw new Error("map columns of version " + header.version);
    const columns = { records: header.records, marks: header.marks, terms: header.dictionaries };
    for (const { name, type, offset, length: count } of header.columns) {
      columns[name] = new ARRAYS[type](buffer, 8 + length + offset, count);
    }
    return columns;
  }

  bordermap.fromBase64 = function (text) {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  };

  async function fetched(url, as, signal) {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error("HTTP " + response.status);
    return response[as]();
  }

  // source: {columns, text, embedded}; limits: {texts_at_once, rows_per_request}.
  // signal ends this and all later requests; arrived is called when texts come later.
  bordermap.loadEvents = async function (source, limits, signal, arrived) {
    const buffer = source.embedded
      ? bordermap.fromBase64(source.embedded).buffer
      : await fetched(source.columns, "arrayBuffer", signal);
    const columns = decode(buffer);
    if (Array.isArray(source.text)) return { columns, texts: new AllTexts(source.text) };
    if (columns.records > limits.texts_at_once) {
      const texts = new TextsAsNeeded(source.text, limits.rows_per_request, signal, arrived);
      return { columns, texts };
    }
    return { columns, texts: new AllTexts(await fetched(source.text, "json", signal)) };
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
