// Joins the page and its two maps: says to both what is selected, and moves each as the other
// is moved. Time is the timelines' to say; the address is kept by `kept` (address.js, which
// stands before this).

const ends = new WeakMap(); // parentElement -> AbortController of its listeners
let said = false; // the view, to maps that may have been ready before this was

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
  const say = (channel, view) => {
    const { mask, chosen, records } = data;
    send("selection", { channel, view, mask, chosen, data: records });
  };
  const sayAll = (channel) => {
    say(channel, kept.view());
    send("settings", kept.settings());
  };

  on("ready", ({ channel }) => sayAll(channel));
  on("moving", ({ channel, lat, lng, zoom }) => {
    if (data.inStep) send("goto", { channel: channel === "a" ? "b" : "a", lat, lng, zoom });
  });
  on("view", kept.keepView);
  on("settings", kept.keepSettings);
  on("choose", ({ rows, columns }) => {
    // A click on what was drawn before another dataset came names rows of the old one.
    if (columns === data.records.columns) setTriggerValue("choose", rows);
  });
  kept.returned(() => sayAll(), end.signal);
  kept.refresh();
  if (said) say(undefined, null);
  else sayAll();
  said = true;
  return () => end.abort();
}
