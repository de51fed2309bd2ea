// Joins the app and the map. They live in different frames of one origin and talk by
// custom events on this document: the app says what is selected, the map says what the
// reader clicked or drew. The address is kept by `kept` (address.js, which stands before
// this), so that panning needs no run of the script.

const ends = new WeakMap(); // parentElement -> AbortController of its listeners
let said = false; // the view, to a map that may have been ready before this was

export default function ({ data, parentElement, setTriggerValue }) {
  ends.get(parentElement)?.abort();
  const end = new AbortController();
  ends.set(parentElement, end);
  const { channel, mask, chosen, area, records, day, gates } = data;

  const on = (name, act) =>
    document.addEventListener(
      `bordermap:${name}`,
      ({ detail }) => {
        if ((detail.channel ?? channel) === channel) act(detail);
      },
      { signal: end.signal },
    );
  const send = (name, detail) =>
    document.dispatchEvent(new CustomEvent(`bordermap:${name}`, { detail }));
  const say = (view) => {
    send("selection", { channel, mask, chosen, area, data: records, view });
    send("gates", { channel, day, gates });
  };
  const sayAll = () => {
    say(kept.view());
    send("settings", kept.settings());
  };

  on("ready", sayAll);
  on("choose", ({ rows, total, columns }) => {
    // A click on what was drawn before another dataset came names rows of the old one.
    if (columns === records.columns) setTriggerValue("choose", { rows, total });
  });
  on("region", ({ code }) => setTriggerValue("region", code));
  on("gate", ({ id }) => setTriggerValue("gate", id));
  on("area", ({ bbox, polygon }) => setTriggerValue("area", { bbox, polygon }));
  on("view", kept.keepView);
  on("settings", kept.keepSettings);
  kept.returned(() => {
    if (!kept.view()) send("start", { channel });
    sayAll();
  }, end.signal);
  kept.refresh();
  if (!said) sayAll();
  else say(kept.returning() ? kept.view() : null);
  said = true;
  return () => end.abort();
}
