// What the browser keeps in the address by itself: the view of the map, and what the reader chose
// of it (hide, shade, names). It changes with no run of the script and makes no entry in the
// history; an entry that the script pushed gets what is on the screen, and one that the reader
// goes back to shows again what it has.
const kept = (() => {
  const SHADES = ["count", "rate", "change"];
  const LANGUAGES = ["my", "zh"];
  const OVERLAYS = 30; // most of them that an address names

  let view = readView();
  let settings = readSettings();
  let returning = true; // the reader has done nothing yet at this entry, whose view counts
  let tell = null;

  function readView() {
    const spelled = query().get("view");
    const parts = (spelled ?? "").split(",").map(Number);
    if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part))) return null;
    const [lat, lng, zoom] = parts;
    return { lat, lng, zoom };
  }

  function readSettings() {
    const found = query();
    const one = (key, known) => known.find((word) => word === found.get(key)) ?? "";
    const names = (found.get("hide") ?? "").split(",").filter((name) => /^[a-z0-9-]{1,40}$/.test(name));
    return {
      hidden: [...new Set(names)].slice(0, OVERLAYS),
      shade: one("shade", SHADES),
      names: one("names", LANGUAGES) || "en",
    };
  }

  function query() {
    return new URLSearchParams(location.search);
  }

  function write() {
    const address = new URL(location.href);
    const put = (key, value) => {
      if (value) address.searchParams.set(key, value);
      else address.searchParams.delete(key);
    };
    put("view", view && spell(view));
    put("hide", settings.hidden.join(","));
    put("shade", settings.shade);
    put("names", settings.names === "en" ? "" : settings.names);
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  const spell = ({ lat, lng, zoom }) => `${lat.toFixed(3)},${lng.toFixed(3)},${zoom}`;

  // Whether the reader moved the map: it stands at whole pixels, so that a frame that takes another
  // size shifts it by up to one.
  const moved = (from, to) => {
    const pixel = 360 / (256 * 2 ** to.zoom); // degrees of longitude, and more than those of latitude
    const most = Math.max(Math.abs(from.lat - to.lat), Math.abs(from.lng - to.lng));
    return from.zoom !== to.zoom || most > pixel;
  };

  window.addEventListener("popstate", () => {
    if (!tell && !query().has("view")) return; // another page, without a map
    view = readView();
    settings = readSettings();
    returning = true;
    tell?.();
  });

  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, () => (returning = false), true);
  }

  return {
    view: () => view,
    returning: () => returning,
    settings: () => settings,

    keepView(shown) {
      if (!view || moved(view, shown)) {
        view = { lat: shown.lat, lng: shown.lng, zoom: shown.zoom };
        returning = false;
      }
      write();
    },

    keepSettings({ hidden, shade, names }) {
      settings = { hidden, shade, names };
      write();
    },

    // After a run of the script, which may have pushed an entry.
    refresh: write,

    // act() whenever the reader went back or forward, until the signal ends it.
    returned(act, signal) {
      tell = act;
      signal.addEventListener("abort", () => {
        if (tell === act) tell = null;
      });
    },
  };
})();

