// The page around the map: header, filter, list of the records and panel of the chosen one.
// All that is shown comes from the JSON of the page and becomes textContent. The map is
// reached through the messages of its event layer, which are events of this document.
(function () {
  "use strict";
  const element = (id) => document.getElementById("bm-" + id);
  const data = JSON.parse(element("data").textContent);
  const kinds = { incident: element("incident"), meeting: element("meeting") };
  const records = unpacked(data.records);
  const items = records.map(listItem);
  const rowOf = new Map(records.map(({ id }, row) => [id, row]));
  let period = { from: null, to: null }; // ISO days, null where open
  let shown = records.map(() => true);
  let chosen = null;

  // The records as page.py packs them: what stands in their lists is kept once.
  function unpacked({ shapes, items, rows }) {
    const whole = ([shape, ...values]) =>
      Object.fromEntries(shapes[shape].map((field, i) => [field, values[i]]));
    const listed = items.map((item) => (Array.isArray(item) ? whole(item) : item));
    const made = rows.map((row) =>
      whole(row.map((value) => (Array.isArray(value) ? value.map((number) => listed[number]) : value)))
    );
    const titles = new Map(made.map(({ id, title }) => [id, title]));
    for (const { relations } of made) {
      for (const relation of relations) relation.title ??= titles.get(relation.id);
    }
    return made;
  }

  function make(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function dot({ kind, family }) {
    const mark = make("span", "", "bm-dot bm-" + kind);
    mark.style.background = data.colours[family];
    mark.setAttribute("aria-hidden", "true");
    return mark;
  }

  // ---------------------------------------------------------------- header and footer
  for (const name of ["title", "subtitle"]) {
    element(name).textContent = element(name).title = data[name]; // of a long one some lines show
  }
  element("terms").textContent = data.terms;
  const cited = [...new Set(records.flatMap(({ sources }) => sources))];
  cited.sort((a, b) => a.name.localeCompare(b.name, "en") || a.title.localeCompare(b.title, "en"));
  element("sources-summary").textContent = "Sources (" + cited.length + ")";
  element("sources").append(...cited.map(sourceItem));

  function sourceItem(source) {
    const item = make("li", source.name + ": ");
    const link = make("a", source.title);
    if (/^https?:\/\//i.test(source.url)) {
      link.href = source.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    item.append(link);
    return item;
  }

  // ---------------------------------------------------------------- list
  function listItem(record, row) {
    const item = make("li");
    const button = make("button");
    button.type = "button";
    const place = record.places.map((place) => place.name);
    button.append(
      dot(record),
      make("span", record.date, "bm-when"),
      make("strong", record.title),
      make("span", [...new Set(place)].join(", "), "bm-at")
    );
    button.addEventListener("click", () => choose(row));
    item.append(button);
    return item;
  }

  function fill(rows) {
    element("list").replaceChildren(...rows.map((row) => items[row]));
    element("none").hidden = rows.length > 0;
  }

  // ---------------------------------------------------------------- filter
  // The value of a category has its kind before it: both kinds have others.
  for (const [kind, choices] of Object.entries(data.categories)) {
    const group = make("optgroup");
    group.label = kind === "meeting" ? "Meetings" : "Incidents";
    group.append(...choices.map((choice) => option(choice, kind + " ")));
    if (choices.length) element("category").append(group);
  }
  element("region").append(...data.regions.map((choice) => option(choice)));

  function option([term, words, count], before = "") {
    const made = make("option", words + " (" + count.toLocaleString("en") + ")");
    made.value = before + term;
    return made;
  }

  // Whether a row is as the fields above the map want it; the rest is time.
  function isWanted(row) {
    const { kind, term, regions } = records[row];
    const [category, region] = [element("category").value, element("region").value];
    return (
      kinds[kind].checked &&
      (!category || category === kind + " " + term) &&
      (!region || regions.includes(region))
    );
  }

  // Days are ISO text, which sorts as the days do; a missing end is open. An undated
  // record matches no period.
  function inPeriod(record) {
    const { from, to } = period;
    if (!from && !to) return true;
    if (!record.dated) return false;
    return (!from || !record.end || record.end >= from) && (!to || !record.start || record.start <= to);
  }

  function filter() {
    shown = records.map((record, row) => isWanted(row) && inPeriod(record));
    const rows = matching();
    fill(rows);
    element("count").textContent = rows.length + " of " + records.length + " shown";
    if (chosen !== null && !shown[chosen]) back();
    else tellMap();
  }

  const matching = () => [...shown.keys()].filter((row) => shown[row]);

  document.querySelector(".bm-filters").addEventListener("input", filter);
  document.querySelector(".bm-filters").addEventListener("submit", (event) => event.preventDefault());
  // The fields hold their first values again only after the event.
  document.querySelector(".bm-filters").addEventListener("reset", () =>
    setTimeout(() => {
      if (timeline) showPeriod(null, null);
      filter();
    })
  );

  // ---------------------------------------------------------------- time
  // The timeline moves the map by itself; the list follows when it rests.
  const time = {
    ...data.timeline,
    ...{ bus: document, channel: "a", settings: {}, from: null, to: null },
    onRest(from, to) {
      period = { from, to };
      filter();
    },
  };
  document.querySelector(".bm-map").classList.toggle("bm-bare", data.settings.hidden.includes("legend"));
  const timeline = data.timeline && bordermapTimeline(element("timeline"), time);
  element("timeline").parentElement.hidden = !timeline;

  function showPeriod(from, to) {
    period = { from, to };
    timeline.update({ ...time, from, to });
  }

  // ---------------------------------------------------------------- the chosen record
  function choose(row) {
    chosen = row;
    element("panel").replaceChildren(
      bordermapRecordPanel(records[row], data.colours, opener)
    );
    showPanel();
    tellMap();
  }

  // A record that the page holds can be opened, whether or not the filter shows it.
  function opener(id) {
    return rowOf.has(id) ? () => choose(rowOf.get(id)) : null;
  }

  // Several records lie under one symbol: let the reader pick.
  function offer(rows) {
    chosen = null;
    const list = make("ol");
    list.className = "bm-list";
    list.append(...rows.map((row) => listItem(records[row], row)));
    element("panel").replaceChildren(make("h2", rows.length + " records here"), list);
    showPanel();
    tellMap();
  }

  function showPanel() {
    element("list-view").hidden = true;
    element("chosen").hidden = false;
    element("chosen").focus({ preventScroll: true });
    document.querySelector(".bm-side").scrollTop = 0;
    if (getComputedStyle(document.querySelector("main")).display === "block") {
      element("chosen").scrollIntoView({ block: "nearest" });
    }
  }

  function back() {
    const last = chosen;
    chosen = null;
    element("chosen").hidden = true;
    element("list-view").hidden = false;
    if (last !== null && shown[last]) items[last].firstChild.focus();
    tellMap();
  }

  element("back").addEventListener("click", back);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !element("chosen").hidden) back();
  });

  // ---------------------------------------------------------------- map
  function tellMap(view) {
    const mask = new Uint8Array(Math.ceil(shown.length / 8));
    for (const row of shown.keys()) if (isWanted(row)) mask[row >> 3] |= 1 << (row & 7);
    const detail = { channel: "a", mask, chosen, view: view || null };
    document.dispatchEvent(new CustomEvent("bordermap:selection", { detail }));
  }

  // The part of the map that was selected, as corners [longitude, latitude].
  function outline(corners) {
    if (!corners) return;
    const { map, style } = window.bordermap;
    const pane = map.createPane("bm-outline");
    Object.assign(pane.style, { zIndex: 610, pointerEvents: "none" });
    for (const [color, weight, opacity] of [[style.paper, 5, 0.85], [style.accent, 2, 1]]) {
      const look = { pane: "bm-outline", interactive: false, fill: false, color, weight, opacity };
      L.polygon(corners.map(([x, y]) => [y, x]), look).addTo(map);
    }
  }

  // The centre and zoom at which a box of [west, south, east, north] fills the map.
  function viewOf([west, south, east, north]) {
    const box = document.querySelector(".bm-map").getBoundingClientRect();
    const down = (degrees) => Math.asinh(Math.tan((degrees * Math.PI) / 180)) / (2 * Math.PI);
    const wide = Math.max((east - west) / 360, 1e-6);
    const high = Math.max(down(north) - down(south), 1e-6);
    const zoom = Math.log2(Math.min(box.width / 256 / wide, box.height / 256 / high));
    const middle = Math.PI * (down(south) + down(north));
    return {
      lat: (Math.atan(Math.sinh(middle)) * 180) / Math.PI,
      lng: (west + east) / 2,
      zoom: Math.min(Math.max(Math.floor(zoom * 2) / 2, 4), 14),
    };
  }

  document.addEventListener("bordermap:ready", () => {
    document.dispatchEvent(new CustomEvent("bordermap:settings", { detail: data.settings }));
    outline(data.outline);
    tellMap(data.view && viewOf(data.view));
  });
  document.addEventListener("bordermap:choose", ({ detail }) => {
    if (detail.rows.length === 1) choose(detail.rows[0]);
    else if (detail.rows.length) offer(detail.rows);
  });

  filter();
})();
