// Strips of time, one for each gate: what its sources say, day by day. A strip is one stop
// of the keyboard; the arrows step through its parts.

const ends = new WeakMap(); // parentElement -> AbortController of its listeners

export default function ({ data, parentElement, setTriggerValue }) {
  ends.get(parentElement)?.abort();
  const end = new AbortController();
  ends.set(parentElement, end);
  const root = parentElement.querySelector(".bm-strips");
  const tip = make("div", "", "bm-tip");
  tip.setAttribute("role", "status");
  tip.hidden = true;

  const chart = make("div", "", data.day ? "bm-chart" : "bm-chart bm-period");
  chart.append(axis(data.years), scale(data));
  for (const strip of data.strips) chart.append(...row(strip));
  const children = [key(data.looks), chart, tip];
  if (data.untold.length) {
    children.push(make("p", `No source tells of: ${data.untold.join(", ")}.`, "bm-untold"));
  }
  root.replaceChildren(...(data.strips.length ? children : children.slice(3)));
  root.addEventListener("keydown", (event) => event.key === "Escape" && hide(), {
    signal: end.signal,
  });
  return () => end.abort();

  function row({ id, name, parts }) {
    const button = make("button", name, "bm-name");
    button.type = "button";
    button.title = "Open the ledger of this gate";
    button.onclick = () => setTriggerValue("gate", id);
    const track = make("div", "", "bm-track");
    track.tabIndex = 0;
    track.setAttribute("role", "group");
    track.setAttribute("aria-label", `${name}: ${parts.length} parts, step with the arrow keys`);
    const bars = parts.map((part) => bar(part, data.looks));
    track.append(...bars);
    let current = parts.length - 1;
    track.onpointermove = ({ target, clientX }) => {
      const at = bars.indexOf(target.closest(".bm-part"));
      if (at >= 0) show(name, parts[at], bars[at], clientX);
      else hide();
    };
    track.onpointerleave = hide;
    track.onclick = track.onpointermove; // a finger does not hover
    track.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      current = Math.min(Math.max(current + step, 0), parts.length - 1);
      show(name, parts[current], bars[current]);
    };
    track.onfocus = () => {
      if (track.matches(":focus-visible")) show(name, parts[current], bars[current]);
    };
    track.onblur = hide;
    return [button, track];
  }

  function show(name, part, element, x) {
    root.querySelector(".bm-current")?.classList.remove("bm-current");
    element.classList.add("bm-current");
    tip.replaceChildren(make("strong", name), make("div", part.words));
    const lines = [part.days, part.holder && `Myanmar side held by ${part.holder}`, part.by];
    tip.append(...lines.filter(Boolean).map((line) => make("div", line, "bm-more")));
    tip.hidden = false;
    const around = root.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const middle = x ?? (Math.max(box.left, around.left) + box.right) / 2;
    const left = middle - around.left - tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(left, 0), around.width - tip.offsetWidth)}px`;
    const below = box.bottom - around.top + 6;
    const above = box.top - around.top - tip.offsetHeight - 6;
    tip.style.top = `${above > 0 ? above : below}px`;
  }

  function hide() {
    tip.hidden = true;
    root.querySelector(".bm-current")?.classList.remove("bm-current");
  }
}

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function bar(part, looks) {
  const element = make("div", "", "bm-part");
  element.style.left = `${part.left}%`;
  element.style.width = `${part.width}%`;
  element.dataset.statuses = part.statuses.join(" ");
  element.classList.toggle("bm-disputed", Boolean(part.disputed));
  element.classList.toggle("bm-handed", Boolean(part.handed));
  const bands = make("div", "", "bm-bands");
  if (part.fade) {
    const share = Math.min((100 * part.fade) / part.width, 100);
    bands.style.maskImage = `linear-gradient(to right, transparent, black max(7px, ${share}%))`;
  }
  bands.append(...part.statuses.map((status) => band(looks[status])));
  element.append(bands);
  const letters = part.statuses.map((status) => looks[status].letter).join("/");
  if (letters) element.append(make("span", letters, "bm-letter"));
  return element;
}

function band({ colour, fill }) {
  const element = make("div", "", `bm-band bm-${fill}`);
  element.style.setProperty("--colour", colour);
  return element;
}

function axis(years) {
  const element = make("div", "", "bm-axis");
  for (const { text, at } of years) {
    const year = make("span", text);
    year.style.left = `${at}%`;
    element.append(year);
  }
  return element;
}

// Lines of the years, and veils over the days that are not chosen, or a line on a single day.
function scale({ years, period: [from, to], day }) {
  const element = make("div", "", "bm-scale");
  element.classList.toggle("bm-day", day);
  for (const { at } of years) {
    const line = make("i", "", "bm-year");
    line.style.left = `${at}%`;
    element.append(line);
  }
  const before = make("i", "", "bm-veil bm-before");
  before.style.width = `${from}%`;
  const after = make("i", "", "bm-veil bm-after");
  after.style.left = `${to}%`;
  element.append(before, after);
  return element;
}

function key(looks) {
  const element = make("div", "", "bm-key");
  const entry = (part, words) => {
    const sign = make("span", "", "bm-sign");
    sign.append(bar(Object.assign({ left: 0, width: 100, fade: 0 }, part), looks));
    const whole = make("span", "", "bm-entry");
    whole.append(sign, make("span", words));
    return whole;
  };
  for (const [status, { words }] of Object.entries(looks)) {
    element.append(entry({ statuses: [status] }, words));
  }
  element.append(
    entry({ statuses: ["open", "closed"], disputed: true }, "Sources disagree"),
    entry({ statuses: ["closed"], fade: 60 }, "Day not exactly known"),
    entry({ statuses: ["unknown"], handed: true }, "Holder changes, or is first named")
  );
  return element;
}
