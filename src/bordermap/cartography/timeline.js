// The timeline: a stacked histogram of the records, a window of days with two handles over
// it, and a player that moves the window. While it moves, it tells the map by messages on
// the bus; at rest it tells the page once, by onRest.
//
//   sends     bordermap:time {channel, from, to}   days since 1970-01-01, inclusive; null: open
//             bordermap:bins {channel, edges, by}
//   receives  bordermap:histogram, bordermap:changed, bordermap:drawn, bordermap:ready
//
// options: bus        document that carries the messages
//          channel    of the map
//          first, last, from, to   ISO days; from and to null where open
//          presets    [{label, from, to}]
//          settings   an object in which step, speed, mode, by and view are kept
//          heard      id of the last onRest that from and to know of; undefined: none is told
//          onRest     (from, to, id)
function bordermapTimeline(root, options) {
  "use strict";
  const calendar = bordermapCalendar;
  const PAD = 8; // pixels beside the axis, in which the handles end
  const LEAST_BIN = 4; // pixels
  const HANDLE = 24; // of what can be seized
  const GRIP = 10; // of what is seen of it
  const CLICK = 4; // pixels that a click may move
  const IDLE = 300; // milliseconds without a key, after which the page is told
  const SLOW = 200; // milliseconds between two changes of what a reader hears or types over
  const LEAST_VIEW = 7; // days
  const BACK = ["ArrowLeft", "ArrowDown"];
  const ON = ["ArrowRight", "ArrowUp"];
  const end = new AbortController();
  const { bus, channel, onRest } = options;
  const settings = Object.assign(options.settings, {
    speed: options.settings.speed || 1,
    mode: options.settings.mode || "window",
    by: options.settings.by || "family",
  });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let axis = null; // {from, to}: the days that can be chosen
  let view = null; // the part of them that is on the screen
  let chosen = null; // the window
  let undo = null; // the window before a bar was clicked
  let given = null; // the window as the page last gave it, or was told
  let told = null; // id of the last onRest
  let drag = null;
  let playing = null; // {at, last} or, in steps, {timer}
  let histogram = null;
  let answer = null; // to the last question for bins
  let width = 0;
  let idle = 0;
  let slow = 0;

  // ---------------------------------------------------------------- from the page
  function update({ first, last, from, to, presets, heard }) {
    const days = { from: calendar.fromIso(first), to: calendar.fromIso(last) };
    const moved = !axis || !calendar.same(axis, days);
    if (moved) {
      const kept = axis ? null : settings.view;
      axis = days;
      view = kept && kept.from >= days.from && kept.to <= days.to ? kept : days;
      parts.step.value = settings.step || calendar.usualStep(days.to - days.from + 1);
      for (const input of [parts.from, parts.to]) [input.min, input.max] = [first, last];
    }
    fillPresets(presets);
    const window = calendar.cut(
      { from: from ? calendar.fromIso(from) : days.from, to: to ? calendar.fromIso(to) : days.to },
      days.from,
      days.to
    );
    // An answer that does not know of what was told last is out of date; one that says what
    // is known already must not disturb a window that has moved on.
    const late = told !== null && heard !== undefined && heard !== told;
    const news = !given || (!late && !calendar.same(window, given));
    if (news || moved) {
      if (playing) stop();
      drag = null;
      undo = null;
      given = window;
      chosen = window;
      ensureInView(chosen);
      say();
    }
    if (moved) redraw();
    show();
  }

  function destroy() {
    end.abort();
    halt();
    clearTimeout(idle);
    clearTimeout(slow);
    root.replaceChildren();
  }

  // ---------------------------------------------------------------- the window
  const isWhole = () => calendar.same(chosen, axis);
  const open = ({ from, to }) => ({
    from: from <= axis.from ? null : from,
    to: to >= axis.to ? null : to,
  });

  function choose(window, keepUndo) {
    if (!keepUndo) undo = null;
    const next = calendar.cut(window, axis.from, axis.to);
    if (calendar.same(next, chosen)) return;
    chosen = next;
    say();
    show();
  }

  function say() {
    bus.dispatchEvent(new CustomEvent("bordermap:time", { detail: { channel, ...open(chosen) } }));
  }

  // Tells the page, once, when nothing has moved for so long.
  function rest(after = 0) {
    clearTimeout(idle);
    if (after) {
      idle = setTimeout(rest, after);
      return;
    }
    showSlowly();
    if (playing || drag || calendar.same(chosen, given)) return;
    given = chosen;
    told = Math.random().toString(36).slice(2);
    const { from, to } = open(chosen);
    const spelt = (day) => (day === null ? null : calendar.toIso(day));
    onRest(spelt(from), spelt(to), told);
  }

  // The window that a step or the player begins with where all days are chosen.
  function beginning(steps) {
    const length = axis.to - axis.from + 1;
    const to = calendar.add(axis.from, parts.step.value, steps) - 1;
    return { from: axis.from, to: Math.min(to, axis.from + Math.ceil(length / 2) - 1) };
  }

  function step(count) {
    const unit = parts.step.value;
    let next;
    if (isWhole()) {
      next = beginning(1);
      if (count < 0) {
        next = { from: Math.max(calendar.startOf(axis.to, unit), axis.from + 1), to: axis.to };
        if (settings.mode === "cumulative") next = { from: axis.from, to: next.from - 1 };
      }
    } else if (settings.mode === "cumulative") {
      const to = calendar.add(chosen.to + 1, unit, count) - 1;
      next = { from: chosen.from, to: Math.max(to, chosen.from) };
    } else {
      next = calendar.fitted(calendar.shifted(chosen, unit, count), axis.from, axis.to);
    }
    choose(next);
    follow();
  }

  function showAll() {
    stop();
    choose(axis);
    ensureInView(chosen);
    rest();
  }

  // ---------------------------------------------------------------- the player
  function play() {
    const cumulative = settings.mode === "cumulative";
    if (isWhole()) choose(beginning(cumulative ? 1 : 3));
    else if (chosen.to >= axis.to) {
      const from = cumulative ? chosen.from : axis.from;
      const to = cumulative
        ? calendar.add(from, parts.step.value, 1) - 1
        : from + chosen.to - chosen.from;
      choose({ from, to });
    }
    playing = { last: null, at: edge() };
    parts.play.setAttribute("aria-label", "Pause");
    parts.play.title = "Pause (space)";
    root.setAttribute("data-playing", "");
    follow();
    next();
  }

  const edge = () => (settings.mode === "cumulative" ? chosen.to : chosen.from);

  function next() {
    if (still.matches) playing.timer = setTimeout(stepOn, Math.max(1000, 1000 / settings.speed));
    else playing.frame = requestAnimationFrame(moveOn);
  }

  function stepOn() {
    step(1);
    if (chosen.to >= axis.to) pause();
    else next();
  }

  // Moves by the days that have gone by since the last frame; the rest of a day is kept.
  function moveOn(now) {
    if (playing.last !== null) {
      const seconds = Math.min(now - playing.last, 250) / 1000;
      playing.at += seconds * settings.speed * calendar.LENGTHS[parts.step.value];
      const days = Math.floor(playing.at) - edge();
      if (days > 0) advance(days);
    }
    playing.last = now;
    if (chosen.to >= axis.to) pause();
    else next();
  }

  function advance(days) {
    const by = Math.min(days, axis.to - chosen.to);
    const from = settings.mode === "cumulative" ? chosen.from : chosen.from + by;
    choose({ from, to: chosen.to + by });
    follow();
  }

  function halt() {
    if (!playing) return;
    cancelAnimationFrame(playing.frame);
    clearTimeout(playing.timer);
    playing = null;
  }

  function stop() {
    halt();
    parts.play.setAttribute("aria-label", "Play");
    parts.play.title = "Play (space)";
    root.removeAttribute("data-playing");
  }

  function pause() {
    stop();
    rest();
  }

  // ---------------------------------------------------------------- the axis
  const scale = () => (width - 2 * PAD) / (view.to + 1 - view.from);
  const xOf = (day) => PAD + (day - view.from) * scale();
  const dayAt = (x) =>
    Math.min(Math.max(view.from + Math.floor((x - PAD) / scale()), view.from), view.to);

  function look(days) {
    view = days;
    settings.view = calendar.same(view, axis) ? null : view;
    redraw();
    show();
  }

  function zoomIn() {
    const length = chosen.to - chosen.from + 1;
    const margin = Math.max(Math.ceil(length / 8), Math.ceil((LEAST_VIEW - length) / 2));
    const wider = { from: chosen.from - margin, to: chosen.to + margin };
    look(calendar.fitted(wider, axis.from, axis.to));
  }

  // Turns the page of a part of the axis where the window leaves it.
  function ensureInView(days) {
    if (days.from >= view.from && days.to <= view.to) return;
    const length = view.to - view.from;
    if (days.to - days.from > length) view = axis;
    else {
      const from = days.from - Math.round((length - (days.to - days.from)) / 10);
      view = calendar.fitted({ from, to: from + length }, axis.from, axis.to);
    }
    look(view);
  }

  function follow() {
    if (settings.mode === "cumulative") ensureInView({ from: chosen.to, to: chosen.to });
    else ensureInView(chosen);
  }

  // ---------------------------------------------------------------- the histogram
  function ask() {
    const days = view.to + 1 - view.from;
    const unit = calendar.unitOfBins(days, width - 2 * PAD, LEAST_BIN);
    const edges = calendar.edges(view.from, view.to, unit);
    answer = null;
    bus.dispatchEvent(
      new CustomEvent("bordermap:bins", { detail: { channel, edges, by: settings.by } })
    );
    histogram = { counts: null, ...answer, edges, unit };
    histogram.totals = Array.from({ length: edges.length - 1 }, (_, bin) => totalOf(bin));
  }

  function totalOf(bin) {
    const { counts, groups, edges } = histogram;
    if (!counts) return 0;
    const bins = edges.length - 1;
    return groups.reduce((sum, _, group) => sum + counts[group * bins + bin], 0);
  }

  function redraw() {
    width = parts.chart.clientWidth;
    if (width < 4 * PAD) return;
    ask();
    const most = bars.draw(histogram, view, width, xOf);
    parts.none.hidden = !histogram.counts || most > 0;
    parts.most.textContent = most ? `up to ${most.toLocaleString("en")} a ${histogram.unit}` : "";
  }

  // ---------------------------------------------------------------- what is over it
  function show() {
    const whole = isWhole();
    const [left, right] = [xOf(chosen.from), xOf(chosen.to + 1)].map((x) =>
      Math.min(Math.max(x, PAD), width - PAD)
    );
    place(parts.before, PAD, left);
    place(parts.after, right, width - PAD);
    place(parts.band, left, right);
    root.toggleAttribute("data-whole", whole);
    root.toggleAttribute("data-narrow", right - left < 2 * GRIP);
    const inset = right - left > 3 * HANDLE ? HANDLE / 3 : HANDLE;
    hold(parts.fromHandle, left, left - inset);
    hold(parts.toHandle, right, right + inset - HANDLE);
    parts.words.textContent = whole ? "All dates" : calendar.inWords(chosen);
    parts.whole.disabled = calendar.same(view, axis);
    parts.zoom.disabled = whole || chosen.to - chosen.from >= 0.8 * (view.to - view.from);
    if (!slow) slow = setTimeout(showSlowly, SLOW);
  }

  function place(element, from, to) {
    element.style.transform = `translateX(${from}px)`;
    element.style.width = `${Math.max(to - from, 0)}px`;
  }

  // The grip stands on the edge of the window; what can be seized lies mostly beside it.
  function hold(handle, x, left) {
    const at = Math.min(Math.max(left, 0), width - HANDLE);
    handle.style.transform = `translateX(${at}px)`;
    handle.style.setProperty("--grip", `${x - at}px`);
  }

  // What a screen reader says and what can be typed over does not change at every frame.
  function showSlowly() {
    clearTimeout(slow);
    slow = 0;
    for (const [handle, input, day, low, high, word] of [
      [parts.fromHandle, parts.from, chosen.from, axis.from, chosen.to, "From"],
      [parts.toHandle, parts.to, chosen.to, chosen.from, axis.to, "To"],
    ]) {
      handle.setAttribute("aria-valuemin", low);
      handle.setAttribute("aria-valuemax", high);
      handle.setAttribute("aria-valuenow", day);
      handle.setAttribute("aria-valuetext", `${word} ${calendar.dayInWords(day)}`);
      const iso = calendar.toIso(day);
      if (input.value !== iso && !input.matches(":focus:invalid")) input.value = iso;
    }
    const shown = [...parts.preset.options].find(({ value }) => value === spelled(chosen));
    parts.preset.value = shown ? shown.value : "";
    parts.own.hidden = Boolean(shown);
  }

  const spelled = ({ from, to }) => `${from},${to}`;

  function fillPresets(presets) {
    const made = presets.map(({ label, from, to }) => {
      const days = { from: calendar.fromIso(from), to: calendar.fromIso(to) };
      return new Option(label, spelled(days));
    });
    const same = made.map(({ value }) => value).join() === parts.presets;
    if (same) return;
    parts.presets = made.map(({ value }) => value).join();
    parts.preset.replaceChildren(parts.own, ...made);
  }

  function tell({ records }) {
    parts.count.textContent = bordermapTimelineParts.counted(records, "record");
  }

  // ---------------------------------------------------------------- the pointer
  function xIn(event) {
    return event.clientX - parts.chart.getBoundingClientRect().left;
  }

  function press(event) {
    if (event.button !== 0 || drag) return;
    clearTimeout(idle);
    stop();
    hideTip();
    const x = xIn(event);
    const handle = event.target.closest("[role=slider]");
    const inside = x >= xOf(chosen.from) && x <= xOf(chosen.to + 1);
    const room = chosen.from > view.from || chosen.to < view.to;
    let kind = inside && room ? "move" : "new";
    if (handle) kind = handle === parts.fromHandle ? "from" : "to";
    drag = { kind, x, window: chosen, undo, moved: false };
    parts.chart.setPointerCapture(event.pointerId);
  }

  function move(event) {
    const x = xIn(event);
    if (!drag) {
      if (event.pointerType === "mouse") showTip(x);
      return;
    }
    if (!drag.moved && Math.abs(x - drag.x) < CLICK) return;
    drag.moved = true;
    const { from, to } = drag.window;
    const days = Math.round((x - drag.x) / scale());
    if (drag.kind === "from") choose({ from: Math.min(inView(from + days), to), to });
    else if (drag.kind === "to") choose({ from, to: Math.max(inView(to + days), from) });
    else if (drag.kind === "move") {
      choose(calendar.fitted({ from: from + days, to: to + days }, axis.from, axis.to));
    } else {
      const ends = [dayAt(drag.x), dayAt(x)];
      choose({ from: Math.min(...ends), to: Math.max(...ends) });
    }
  }

  const inView = (day) => Math.min(Math.max(day, view.from), view.to);

  function release(event) {
    if (!drag) return;
    const { kind, moved, x } = drag;
    drag = null;
    if (!moved && (kind === "new" || kind === "move")) clickBar(x);
    if (event.pointerType === "mouse") showTip(xIn(event));
    rest();
  }

  // The page was scrolled by the finger instead.
  function cancel() {
    if (!drag) return;
    const before = drag;
    drag = null;
    choose(before.window, true);
    undo = before.undo;
    rest();
  }

  // A bar takes its days as the window, and gives back the one before at a second click.
  function clickBar(x) {
    const bin = binAt(x);
    if (!bin) return;
    const days = calendar.cut(bin, axis.from, axis.to);
    if (calendar.same(days, chosen)) {
      choose(undo || axis);
      ensureInView(chosen);
    } else {
      undo = chosen;
      choose(days, true);
    }
  }

  function binAt(x) {
    if (!histogram) return null;
    const { edges } = histogram;
    const day = dayAt(x);
    const bin = edges.findLastIndex((start) => start <= day);
    if (bin < 0 || bin >= edges.length - 1) return null;
    return { bin, from: edges[bin], to: edges[bin + 1] - 1 };
  }

  function showTip(x) {
    const found = x >= PAD && x <= width - PAD && !playing ? binAt(x) : null;
    if (!found) return hideTip();
    const { groups, counts, meetings, totals, unit } = histogram;
    const lines = bordermapTimelineParts.tip({
      day: calendar.dayInWords(dayAt(x)),
      days: unit === "day" ? "" : calendar.inWords(found),
      total: counts ? totals[found.bin] : null,
      groups: (groups || []).map(({ label, colour }, group) => ({
        ...{ label, colour },
        count: counts[group * totals.length + found.bin],
      })),
      meetings: settings.by === "kind" || !counts ? 0 : meetings[found.bin],
    });
    parts.tip.replaceChildren(...lines);
    parts.tip.hidden = parts.cursor.hidden = false;
    parts.cursor.style.transform = `translateX(${Math.round(x)}px)`;
    const half = parts.tip.offsetWidth / 2;
    const at = Math.min(Math.max(x - half, 0), Math.max(width - 2 * half, 0));
    parts.tip.style.transform = `translateX(${Math.round(at)}px)`;
  }

  function hideTip() {
    parts.tip.hidden = parts.cursor.hidden = true;
  }

  // ---------------------------------------------------------------- the keyboard
  function key(event) {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typed = target.matches("input, select");
    if (event.key === "Escape" && !typed) showAll();
    else if (typed) return;
    else if (event.key === " " && target.matches("button")) return;
    else if (event.key === " ") {
      if (!event.repeat) toggle();
    } else if (target.matches("[role=slider]")) {
      if (!keyOnHandle(event.key, target === parts.fromHandle)) return;
    } else if (!keyOnWindow(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  function keyOnHandle(name, isFrom) {
    const day = isFrom ? chosen.from : chosen.to;
    const by = { PageDown: -1, PageUp: 1 }[name];
    let moved;
    if (BACK.includes(name)) moved = day - 1;
    else if (ON.includes(name)) moved = day + 1;
    else if (by) {
      moved = isFrom
        ? calendar.add(day, parts.step.value, by)
        : calendar.add(day + 1, parts.step.value, by) - 1;
    } else if (name === "Home") moved = isFrom ? axis.from : chosen.from;
    else if (name === "End") moved = isFrom ? chosen.to : axis.to;
    else return false;
    stop();
    const { from, to } = chosen;
    choose(isFrom ? { from: Math.min(moved, to), to } : { from, to: Math.max(moved, from) });
    const shown = isFrom ? chosen.from : chosen.to;
    ensureInView({ from: shown, to: shown });
    showSlowly();
    rest(IDLE);
    return true;
  }

  function keyOnWindow(name) {
    const length = chosen.to - chosen.from;
    if (![...BACK, ...ON, "Home", "End"].includes(name)) return false;
    stop();
    if (name === "Home") choose({ from: axis.from, to: axis.from + length });
    else if (name === "End") choose({ from: axis.to - length, to: axis.to });
    else step(ON.includes(name) ? 1 : -1);
    follow();
    rest(IDLE);
    return true;
  }

  function toggle() {
    if (playing) pause();
    else play();
  }

  // ---------------------------------------------------------------- made once
  function listen() {
    const { signal } = end;
    const on = (element, name, act) => element.addEventListener(name, act, { signal });
    on(parts.play, "click", toggle);
    for (const [button, count] of [[parts.back, -1], [parts.on, 1]]) {
      on(button, "click", () => {
        stop();
        step(count);
        rest(IDLE);
      });
    }
    on(parts.zoom, "click", zoomIn);
    on(parts.whole, "click", () => look(axis));
    for (const name of ["step", "mode", "by", "speed"]) {
      on(parts[name], "change", () => {
        settings[name] = name === "speed" ? Number(parts.speed.value) : parts[name].value;
        if (name === "by") redraw();
        if (playing) playing.at = edge();
      });
    }
    on(parts.preset, "change", () => {
      const [from, to] = parts.preset.value.split(",").map(Number);
      stop();
      choose({ from, to });
      ensureInView(chosen);
      rest();
    });
    for (const input of [parts.from, parts.to]) {
      on(input, "change", () => typed(input));
      on(input, "blur", showSlowly);
    }
    on(parts.chart, "pointerdown", press);
    on(parts.chart, "pointermove", move);
    on(parts.chart, "pointerup", release);
    on(parts.chart, "pointercancel", cancel);
    on(parts.chart, "pointerleave", hideTip);
    on(root, "keydown", key);
    on(still, "change", () => {
      if (!playing) return;
      halt();
      play();
    });
    const hear = (name, act) =>
      on(bus, `bordermap:${name}`, ({ detail }) => {
        if ([undefined, channel].includes(detail?.channel)) act(detail ?? {});
      });
    hear("histogram", (detail) => (answer = detail));
    hear("changed", redraw);
    hear("drawn", tell);
    hear("ready", () => {
      say();
      redraw();
    });
    const sized = new ResizeObserver(() => {
      if (parts.chart.clientWidth === width) return;
      redraw();
      show();
    });
    sized.observe(parts.chart);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  // A day that is being typed is not yet one of the axis, and waits.
  function typed(input) {
    if (!input.value || !input.checkValidity()) return;
    stop();
    const day = calendar.fromIso(input.value);
    const days = input === parts.from ? [day, chosen.to] : [chosen.from, day];
    choose({ from: Math.min(...days), to: Math.max(...days) });
    ensureInView(chosen);
    rest(2 * IDLE);
  }

  const parts = bordermapTimelineParts(root, settings);
  const bars = bordermapTimelineBars(parts.canvas, root, PAD);
  listen();
  update(options);
  return { update, destroy };
}
