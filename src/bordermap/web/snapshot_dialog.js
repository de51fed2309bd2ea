// The form of a snapshot. Every choice is a key of one query, which the app reads the same way from
// an address and the command line; the preview, the file and the embedding are made by that query.
// Nothing here runs the script of the session.

const ends = new WeakMap(); // parentElement -> AbortController of its listeners
const PAUSE = 350; // milliseconds without another choice until the preview is asked for
const SAID = 4000; // milliseconds for which it says what it did
const SELECTS = ["layout", "names", "shade", "show", "dpi", "step", "mode", "speed"];
const EARTH = 256 / 360; // pixels a degree of longitude at zoom 0
const kept = { suffix: "", still: {}, film: {} }; // what the reader chose of the file the last time

export default function ({ data, parentElement }) {
  ends.get(parentElement)?.abort();
  const end = new AbortController();
  ends.set(parentElement, end);
  const find = (selector) => parentElement.querySelector(selector);
  const on = (element, name, act) => element.addEventListener(name, act, { signal: end.signal });
  const form = find("form");
  const fields = form.elements;
  const root = new URL(".", location.href);
  const asked = new URLSearchParams(location.search);
  const screen = onScreen(asked.get("view"));

  fill();
  fit();
  const preview = previewOf(find(".pane"), end.signal);
  const making = makingOf(find(".actions"), end.signal);
  let timer = null;
  let silence = null;

  on(form, "submit", (event) => {
    event.preventDefault();
    update(0);
  });
  on(form, "input", ({ target }) => {
    if (target === fields.copied) return;
    if (target === fields.suffix) fit();
    update(PAUSE);
  });
  for (const link of [find(".download"), find(".proof")]) {
    on(link, "click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      making.start(at(`snapshot${format().suffix}.progress`, spelled()), link);
    });
  }
  on(fields["copy-link"], "click", () => copy(at(`snapshot${format().suffix}`, spelled()), "Link copied"));
  on(fields["copy-embed"], "click", () => copy(embedding(), "Embed code copied"));
  on(fields.again, "click", () => update(0));
  on(fields.copied, "focus", () => fields.copied.select());
  update(0);

  return () => {
    clearTimeout(timer);
    clearTimeout(silence);
    end.abort();
  };

  // ---------------------------------------------------------------- the form
  function fill() {
    options(fields.suffix, data.formats.map(({ suffix, title, group }) => [suffix, title, group]));
    options(fields.layout, Object.entries(data.layouts).map(([key, { title }]) => [key, title]));
    options(fields.names, Object.entries(data.names));
    options(fields.shade, Object.entries(data.shades));
    options(fields.step, Object.entries(data.steps));
    options(fields.mode, Object.entries(data.modes));
    options(fields.speed, data.speeds.map((speed) => [String(speed), String(speed)]));
    options(fields.show, [
      ["", "What suits the selection"],
      ...(screen ? [[screen, "As on the screen"]] : []),
      ["border", "The whole border"],
      ...data.states.map(([code, name]) => [code, name, "One state or region"]),
      ...data.gates.map(([id, name]) => [id, name, "A gate and 50 km around it"]),
    ]);
    fields.title.maxLength = data.longest;
    fields.title.placeholder = data.title;
    const hidden = (asked.get("hide") ?? "").split(",");
    find(".parts").replaceChildren(
      ...Object.entries(data.parts).map(([part, words]) => {
        const box = make("input", { type: "checkbox", name: "part", value: part });
        box.checked = !hidden.includes(part);
        const label = make("label");
        label.append(box, make("span", { textContent: words }));
        return label;
      }),
    );
    for (const name of ["names", "shade", "step", "mode", "speed"]) choose(name, data.plain[name]);
    for (const name of ["names", "shade"]) choose(name, asked.get(name));
    choose("suffix", kept.suffix);
    if (screen) fields.show.value = screen;
  }

  function choose(name, value) {
    const select = fields[name];
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  }

  // A film has other sheets than a picture.
  function fit() {
    const { kind, resolutions, usual } = format().sheet;
    options(fields.dpi, resolutions.map((dpi) => [dpi, `${dpi} dpi`]));
    for (const [name, value] of Object.entries({ ...usual, ...kept[kind] })) choose(name, value);
  }

  function format() {
    return data.formats.find(({ suffix }) => suffix === fields.suffix.value);
  }

  // The query of a file that takes some of the keys, in the order in which the app spells it.
  function spelled(takes = format().takes, instead = {}) {
    const chosen = {
      ...Object.fromEntries(SELECTS.map((key) => [key, fields[key].value])),
      title: fields.title.value.trim(),
      hide: [...form.querySelectorAll("label:not([hidden]) > [name=part]:not(:checked)")].map(({ value }) => value).join(","),
      ...instead,
    };
    const query = new URLSearchParams(data.query);
    const made = query.get("made");
    query.delete("made");
    for (const key of Object.keys(data.plain)) {
      if (takes.includes(key) && chosen[key] !== data.plain[key]) query.set(key, chosen[key]);
    }
    query.set("made", made);
    return query.toString();
  }

  function update(pause) {
    const { suffix, text, name, takes, view, sheet } = format();
    const layout = data.layouts[fields.layout.value];
    for (const element of form.querySelectorAll("[data-for]")) {
      element.hidden = !takes.includes(element.dataset.for);
    }
    for (const part of form.querySelectorAll("[name=part]")) {
      part.parentElement.hidden = view === "page" && data.paper.includes(part.value);
    }
    find("[data-hint=suffix]").textContent = text;
    for (const option of fields.dpi.options) {
      option.disabled = layout.width * layout.height * option.value ** 2 > sheet.pixels;
    }
    if (fields.dpi.selectedOptions[0].disabled) {
      fields.dpi.value = [...fields.dpi.options].filter(({ disabled }) => !disabled).at(-1).value;
    }
    const sized = (unit, by) => [layout.width, layout.height].map((inches) => Math.round(inches * by)).join(" × ") + unit;
    find("[data-hint=size]").textContent = takes.includes("dpi") ? sized(" px", fields.dpi.value) : sized(" mm", 25.4);
    kept.suffix = suffix;
    kept[sheet.kind] = { layout: fields.layout.value, dpi: fields.dpi.value };
    fields["copy-embed"].hidden = view === "words";
    for (const [link, ending] of [[find(".download"), ""], [find(".proof"), ".json"]]) {
      link.href = at(`snapshot${suffix}${ending}`, `${spelled()}&download`);
      link.download = name + ending;
    }
    making.forget();
    clearTimeout(timer);
    timer = setTimeout(show, pause);
  }

  function show() {
    const { view, title, name } = format();
    const layout = data.layouts[fields.layout.value];
    if (view === "page") preview.page(at("snapshot.html", spelled()));
    else if (view === "words") preview.words(data.records, `${title}: ${name}`);
    else preview.sheet(at("snapshot.png", spelled(data.picture, { dpi: layout.preview })), layout);
  }

  function at(path, query) {
    return new URL(`${path}?${query}`, root).href;
  }

  // ---------------------------------------------------------------- to take along
  function embedding() {
    const frame = make("iframe", { src: at("embed", spelled(data.page)), loading: "lazy" });
    frame.title = fields.title.value.trim() || data.title;
    for (const [name, value] of [["width", "100%"], ["height", "480"], ["style", "border:0"]]) {
      frame.setAttribute(name, value);
    }
    return frame.outerHTML;
  }

  async function copy(text, done) {
    fields.copied.hidden = true;
    try {
      await navigator.clipboard.writeText(text);
      say(done);
    } catch {
      fields.copied.value = text;
      fields.copied.hidden = false;
      fields.copied.focus();
      say("Copy the selected text", false);
    }
  }

  function say(words, briefly = true) {
    clearTimeout(silence);
    find(".said").textContent = words;
    if (briefly) silence = setTimeout(() => (find(".said").textContent = ""), SAID);
  }
}

// ------------------------------------------------------------------ the preview
function previewOf(pane, life) {
  const [image, frame, words] = ["img", "iframe", ".words"].map((name) => pane.querySelector(name));
  const fault = pane.querySelector(".fault p");
  let asking = null;
  let wanted = "";

  life.addEventListener("abort", () => asking?.abort());
  image.addEventListener("load", () => stand("shown"), { signal: life });
  image.addEventListener("error", () => image.src && explain(image.src), { signal: life });
  frame.addEventListener("load", () => frame.hidden || stand("shown"), { signal: life });

  return {
    sheet(address, { title, width, height }) {
      if (!turnTo(image, address)) return;
      pane.style.setProperty("--aspect", width / height);
      image.alt = `Preview: ${title}`;
      image.src = address;
    },
    async page(address) {
      if (!turnTo(frame, address)) return;
      const { signal } = asking;
      try {
        await fileMaker.accepted(address, signal);
        if (!signal.aborted) frame.src = address;
      } catch (error) {
        failed(error, signal);
      }
    },
    words(count, text) {
      if (!turnTo(words, text)) return;
      words.querySelector("b").textContent = count;
      words.querySelector("span").textContent = text;
      stand("shown");
    },
  };

  // Whether something else is wanted than is there or on its way.
  function turnTo(element, what) {
    if (what === wanted && pane.dataset.state !== "failed") return false;
    wanted = what;
    asking?.abort();
    asking = new AbortController();
    for (const one of [image, frame, words]) one.hidden = one !== element;
    if (element !== image) image.removeAttribute("src");
    stand("loading");
    return true;
  }

  // A picture does not say why it could not be had.
  async function explain(address) {
    const { signal } = asking;
    try {
      await fileMaker.accepted(address, signal);
      if (signal.aborted || image.dataset.again === address) throw new fileMaker.Refused("The preview cannot be shown.");
      image.dataset.again = address;
      image.src = address;
    } catch (error) {
      failed(error, signal);
    }
  }

  function failed(error, signal) {
    if (signal.aborted) return;
    if (!(error instanceof fileMaker.Refused)) throw error;
    fault.textContent = error.message;
    stand("failed");
  }

  function stand(state) {
    pane.dataset.state = state;
    if (state !== "failed") fault.textContent = "";
  }
}

// ------------------------------------------------------------------ the file
function makingOf(actions, life) {
  const find = (selector) => actions.querySelector(selector);
  const [box, words, bar] = [".making", ".making span", "progress"].map(find);
  const [cancel, refused] = ["[name=cancel]", ".refused"].map(find);
  let work = null;
  life.addEventListener("abort", () => work?.abort());
  cancel.addEventListener("click", () => work?.abort(), { signal: life });

  return {
    forget: () => (refused.textContent = ""),

    // One file at a time; the link is followed as it is now, whatever is chosen meanwhile.
    async start(progress, link) {
      if (work) return;
      const { href, download } = link;
      work = new AbortController();
      refused.textContent = "";
      tell({ state: "drawing" });
      box.hidden = false;
      cancel.focus();
      try {
        await fileMaker.ready(progress, work.signal, tell);
        save(href, download);
      } catch (error) {
        if (!work.signal.aborted && !(error instanceof fileMaker.Refused)) throw error;
        if (!work.signal.aborted) refused.textContent = error.message;
      } finally {
        const left = box.contains(box.getRootNode().activeElement);
        work = null;
        box.hidden = true;
        if (left) link.focus();
      }
    },
  };

  function tell({ state, done, of, ahead }) {
    const waits = { busy: "The app is busy; it is asked again", waiting: "Waiting" };
    words.textContent = waits[state] ?? (of ? `Making the file: ${done} of ${of}` : "Making the file");
    if (state === "waiting" && ahead) words.textContent += ` for ${ahead} before it`;
    bar.hidden = !of;
    if (of) Object.assign(bar, { max: of, value: done });
  }

  function save(href, download) {
    const link = make("a", { href, download });
    box.append(link); // Firefox follows only a link that is in the page
    link.click();
    link.remove();
  }
}

// ------------------------------------------------------------------ helpers
// West, south, east, north of the map on the screen, in degrees, as `show` spells them.
function onScreen(view) {
  const frame = document.querySelector(".st-key-map iframe")?.getBoundingClientRect();
  const [latitude, longitude, zoom, more] = (view ?? "").split(",").map(Number);
  if (!frame?.width || more !== undefined) return null;
  if (!(Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 22)) return null;
  const pixels = EARTH * 2 ** zoom; // a degree
  const up = (degrees) => Math.asinh(Math.tan((degrees * Math.PI) / 180)) * (180 / Math.PI);
  const down = (y) => (Math.atan(Math.sinh((y * Math.PI) / 180)) * 180) / Math.PI;
  const [across, along] = [frame.width / 2 / pixels, frame.height / 2 / pixels];
  const within = (degrees, most) => Math.min(Math.max(degrees, -most), most);
  return [
    within(longitude - across, 180),
    within(down(up(latitude) - along), 85),
    within(longitude + across, 180),
    within(down(up(latitude) + along), 85),
  ]
    .map((degrees) => degrees.toFixed(4))
    .join(",");
}

// [value, words, group] each; those of one group follow each other.
function options(select, list) {
  select.replaceChildren();
  for (const [value, words, group] of list) {
    const option = make("option", { value, textContent: words });
    if (!group) {
      select.append(option);
      continue;
    }
    if (select.lastElementChild?.label !== group) select.append(make("optgroup", { label: group }));
    select.lastElementChild.append(option);
  }
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
