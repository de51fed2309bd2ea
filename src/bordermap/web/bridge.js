// Joins the app and the map. They live in different frames of one origin and talk by
// custom events on this document: the app says what is selected, the map says what the
// reader clicked. The bridge also keeps the view of the map in the address, so that
// panning needs no run of the script.

const ends = new WeakMap(); // parentElement -> AbortController of its listeners

export default function ({ data, parentElement, setTriggerValue }) {
  ends.get(parentElement)?.abort();
  const end = new AbortController();
  ends.set(parentElement, end);
  const on = (name, act) =>
    document.addEventListener(`bordermap:${name}`, (event) => act(event.detail), {
      signal: end.signal,
    });

  const send = (name, detail) =>
    document.dispatchEvent(new CustomEvent(`bordermap:${name}`, { detail }));
  const say = (view) => {
    send("selection", { mask: data.mask, chosen: data.chosen, data: data.records, view });
    send("gates", { day: data.day, gates: data.gates });
  };

  const sayAll = () => say(lastView ?? viewInAddress());
  on("ready", sayAll);
  on("choose", ({ rows, columns }) => {
    // A click on what was drawn before another dataset came names rows of the old one.
    if (columns === data.records.columns) setTriggerValue("choose", rows);
  });
  on("region", ({ code }) => setTriggerValue("region", code));
  on("gate", ({ id }) => setTriggerValue("gate", id));
  on("view", keepView);
  if (lastView) keepView(lastView);
  // The map may have been ready before the bridge was.
  if (first) sayAll();
  else say(null);
  first = false;
  return () => end.abort();
}

let lastView = null;
let first = true;

function viewInAddress() {
  const parts = (new URLSearchParams(location.search).get("view") ?? "").split(",").map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part))) return null;
  const [lat, lng, zoom] = parts;
  return { lat, lng, zoom };
}

function keepView(view) {
  lastView = view;
  const address = new URL(location.href);
  const spelled = `${view.lat.toFixed(3)},${view.lng.toFixed(3)},${view.zoom}`;
  if (address.searchParams.get("view") === spelled) return;
  address.searchParams.set("view", spelled);
  history.replaceState(history.state, "", address);
}
