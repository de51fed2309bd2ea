// The elements of the timeline, made once: buttons, lists, handles and the chart.
const bordermapTimelineParts = (() => {
  "use strict";
  const ICONS = {
    play: "M4 2.5v11l9-5.5z",
    pause: "M4 2.5h3v11H4zm5 0h3v11H9z",
    back: "M12.5 3v10L6 8zM3.5 3h2v10h-2z",
    on: "M3.5 3v10L10 8zm7 0h2v10h-2z",
    zoom: "M1.5 2h1.5v12H1.5zM13 2h1.5v12H13zM4 8l3-2.6v1.8h2V5.4L12 8 9 10.6V8.8H7v1.8z",
    whole: "M1 8l4-3.6v2.7h6V4.4L15 8l-4 3.6V8.9H5v2.7z",
  };

  const STEPS = ["day", "week", "month", "quarter"];
  const SPEEDS = [[0.5, "½ ×"], ...[1, 2, 4, 8, 16].map((speed) => [speed, `${speed} ×`])];

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function build(root, settings) {
    const chart = make("div", "bm-time-chart");
    chart.tabIndex = 0;
    chart.setAttribute("role", "group");
    chart.setAttribute(
      "aria-label",
      "Timeline. Drag to choose a period; Space plays, arrows step, Escape shows all dates."
    );
    const made = {
      words: make("strong", "bm-time-words"),
      count: make("span", "bm-time-count"),
      by: list("Bars", [["family", "by subject"], ["kind", "by kind"]], settings.by),
      most: make("span", "bm-time-most"),
      zoom: button("Zoom to the period", ICONS.zoom),
      whole: button("Show the whole time", ICONS.whole),
      chart,
      canvas: make("canvas", ""),
      none: make("p", "bm-time-none", "No record that matches has a date."),
      before: make("div", "bm-time-veil"),
      after: make("div", "bm-time-veil"),
      band: make("div", "bm-time-band"),
      fromHandle: handle("First day", "bm-time-from"),
      toHandle: handle("Last day", "bm-time-to"),
      cursor: make("div", "bm-time-cursor"),
      tip: make("div", "bm-time-tip"),
      play: button("Play", ICONS.play, ICONS.pause),
      back: button("Step back", ICONS.back),
      on: button("Step forward", ICONS.on),
      step: list("Step", STEPS.map((unit) => [unit, `by ${unit}`])),
      speed: list("Speed", SPEEDS, settings.speed),
      mode: list("Mode", [["window", "moving"], ["cumulative", "cumulative"]], settings.mode),
      preset: list("Period", []),
      own: new Option("Custom", ""),
      from: dateInput(),
      to: dateInput(),
    };
    made.play.classList.add("bm-time-play");
    made.play.title = "Play (space)";
    made.own.hidden = true;
    made.none.hidden = made.tip.hidden = made.cursor.hidden = true;
    made.canvas.setAttribute("aria-hidden", "true");
    const { words, count, by, zoom, whole, canvas, none, before, after, band, cursor } = made;
    chart.append(canvas, none, before, after, band, cursor);
    chart.append(made.fromHandle, made.toHandle, made.tip);
    const row = (className, ...children) => {
      const line = make("div", className);
      line.append(...children);
      return line;
    };
    root.classList.add("bm-time");
    root.replaceChildren(
      row(
        "bm-time-head",
        ...[words, count],
        row("bm-time-aside", labelled("Bars", by), made.most, zoom, whole)
      ),
      chart,
      row(
        "bm-time-foot",
        row("bm-time-player", made.back, made.play, made.on),
        row("bm-time-player", made.step, made.speed, made.mode),
        row(
          "bm-time-dates",
          made.preset,
          labelled("From", made.from),
          labelled("To", made.to)
        )
      )
    );
    return made;
  }

  function labelled(text, control) {
    const label = make("label", "");
    label.append(make("span", "", text), control);
    return label;
  }

  function list(name, options, value) {
    const select = make("select", "");
    select.append(...options.map(([key, text]) => new Option(text, key)));
    if (value !== undefined) select.value = value;
    select.title = name;
    select.setAttribute("aria-label", name);
    return select;
  }

  function dateInput() {
    const input = make("input", "");
    input.type = "date";
    input.required = true;
    return input;
  }

  function handle(label, className) {
    const made = make("div", `bm-time-handle ${className}`);
    made.tabIndex = 0;
    made.setAttribute("role", "slider");
    made.setAttribute("aria-label", label);
    return made;
  }

  function button(label, ...paths) {
    const made = make("button", "");
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.title = label;
    const name = "http://www.w3.org/2000/svg";
    const icon = document.createElementNS(name, "svg");
    icon.setAttribute("viewBox", "0 0 16 16");
    icon.setAttribute("aria-hidden", "true");
    for (const path of paths) {
      const line = document.createElementNS(name, "path");
      line.setAttribute("d", path);
      icon.append(line);
    }
    made.append(icon);
    return made;
  }

  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  // What is said of the bar under the cursor.
  //   day, days       in words: the day, and the days of the bar where it has several
  //   groups          [{label, colour, count}]
  //   total, meetings null where they are not known
  function tip({ day, days, total, groups, meetings }) {
    const lines = [make("strong", "", day)];
    if (total === null) return lines;
    lines.push(make("span", "", `${days ? `${days}: ` : ""}${counted(total, "record")}`));
    for (const { label, colour, count } of groups) {
      if (!count) continue;
      const line = make("span", "bm-time-group", `${label} ${count.toLocaleString("en")}`);
      const sign = make("i", "");
      sign.style.background = colour;
      line.prepend(sign);
      lines.push(line);
    }
    const met = `${counted(meetings, "meeting")} among them`;
    if (meetings) lines.push(make("span", "bm-time-group", met));
    return lines;
  }

  return Object.assign(build, { tip, counted });
})();
