// States shaded by their records in the window of time: how many, how many a month, or how that
// changed between two windows. The layer of events counts; classes stay the same while playing.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const PAUSE = 100; // least milliseconds between two pictures
  const SHARE = 8; // of the time, at most one part in so many goes into counting
  const MONTH = 30.4375; // days
  const FEWEST = 10; // records in both windows, from which they are compared
  const BURST = 10; // times the mean rate that the scale of rates reaches up to
  const SPAN = 500; // from the lowest to the highest class of rates
  const BREAKS = [1 / 4, 1 / 2, 4 / 5, 5 / 4, 2, 4];
  const MARKS = ["quarter", "half", "", "", "twice", "fourfold"]; // at these breaks
  const CLASSES = [
    "less than a quarter as many",
    "a quarter to half as many",
    "half to four fifths as many",
    "about as many",
    "up to twice as many",
    "two to four times as many",
    "more than four times as many",
  ];
  const NARROW = 560; // pixels of a map below which the lower edge has no room for the legend
  const HATCH = "bordermap-few";

  const windows = new Map(); // channel -> {from, to}, as the timelines last said
  let shown = { states: {} }; // what the picture says; states: code -> {words, colour}
  let legend = null;
  let timer = null;
  let lastAt = 0;
  let lastCost = 0;

  bordermap.shadeWords = (code) => (shown.states[code] || { words: "" }).words;

  // What is on the map, for whoever wants to look at it from outside.
  bordermap.shadesShown = () => structuredClone(shown);

  bordermap.choropleth = function (map) {
    legend = shadeLegend(map.getSize().x < NARROW ? "topright" : "bottomright").addTo(map);
    document.body.append(hatch());
    bordermap.hear("time", remember, null);
    bordermap.hear("changed", later);
    map.on("bordermap:settings", later);
    bordermap.afterGround(later);
  };

  function remember({ channel, from, to }) {
    windows.set(channel || bordermap.channel, { from, to });
    later();
  }

  function later() {
    if (timer) return;
    const wait = lastAt + Math.max(PAUSE, SHARE * lastCost) - performance.now();
    timer = setTimeout(() => requestAnimationFrame(now), Math.max(0, wait));
  }

  function now() {
    timer = null;
    const start = performance.now();
    shade(bordermap.settings.shade);
    lastAt = performance.now();
    lastCost = lastAt - start;
  }

  // ---------------------------------------------------------------- what to say
  function shade(how) {
    const layer = window.bordermapLayers[bordermap.channel];
    const days = layer.days;
    if (!how || !days) shown = { how, states: {}, title: "", blocks: [], note: "" };
    else shown = how === "change" ? change(layer, days) : amount(layer, days, how);
    for (const [code, { feature, layer: area }] of bordermap.states) {
      const { colour } = shown.states[code] || { colour: bordermap.stateColour(feature.properties) };
      if (area.isTooltipOpen()) area.getTooltip().update();
      if (area.options.fillColor === colour) continue;
      const plain = colour.startsWith("#") ? colour : bordermap.style.shades.few[0];
      area.setStyle({ fillColor: colour, color: plain });
    }
    legend.say(shown);
  }

  // Whole days; null where nothing is chosen.
  function chosenWindow() {
    const { from, to } = windows.get(bordermap.channel) || { from: null, to: null };
    return { from, to };
  }

  const within = ({ from, to }, [first, last]) => ({
    from: Math.max(from === null ? first : from, first),
    to: Math.min(to === null ? last : to, last),
  });

  const monthsOf = ({ from, to }) => Math.max(to - from + 1, 1) / MONTH;

  function amount(layer, days, how) {
    const rated = how === "rate";
    const chosen = chosenWindow();
    const counts = layer.countRegions(rated ? within(chosen, days) : chosen);
    const months = rated ? monthsOf(within(chosen, days)) : 1;
    const most = Math.max(0, ...Object.values(onMap(layer.countRegions({ from: null, to: null }))));
    const top = rated ? (BURST * most) / monthsOf({ from: days[0], to: days[1] }) : most;
    const breaks = steps(rated ? top / SPAN : 1, top);
    const ramp = spread(bordermap.style.shades.sequential, breaks.length);
    const none = bordermap.style.shades.none;
    const states = {};
    for (const code of bordermap.states.keys()) {
      const count = counts[code] || 0;
      const place = breaks.filter((low) => low <= count / months).length;
      const rate = rated ? ", " + figure(count / months) + " a month" : "";
      states[code] = {
        count,
        words: records(count) + rate,
        colour: count ? ramp[Math.max(place - 1, 0)] : none,
      };
    }
    const blocks = breaks.map((low, i) => ({ colour: ramp[i], mark: mark(low) }));
    return {
      how,
      states,
      blocks: [{ colour: none, within: "0" }, ...blocks],
      title: rated ? "Records a month, by state" : "Records, by state",
      note: "",
    };
  }

  // From the window before, or from period A, to the window chosen, or period B.
  function change(layer, days) {
    const [before, after] = windows.has("a") && windows.has("b")
      ? [within(windows.get("a"), days), within(windows.get("b"), days)]
      : earlier(chosenWindow(), days);
    const blank = { how: "change", states: {}, blocks: [], title: "Change" };
    if (!before) return Object.assign(blank, { note: after });
    const [was, is] = [before, after].map((window) => layer.countRegions(window));
    const scale = monthsOf(before) / monthsOf(after);
    const { diverging, few } = bordermap.style.shades;
    const states = {};
    for (const code of bordermap.states.keys()) {
      const [count, other] = [is[code] || 0, was[code] || 0];
      const scarce = count + other < FEWEST;
      const ratio = (scale * count) / other;
      const place = BREAKS.filter((low) => low <= ratio).length;
      const words = scarce ? "too few events to compare" : CLASSES[place];
      states[code] = {
        count,
        before: other,
        words: records(count) + ", " + other.toLocaleString("en") + " before: " + words,
        colour: scarce ? "url(#" + HATCH + ")" : diverging[place],
      };
    }
    const blocks = diverging.map((colour, i) => ({ colour, mark: MARKS[i - 1] || "" }));
    blocks[BREAKS.length / 2].within = "same";
    return {
      how: "change",
      states,
      blocks: [...blocks, { colour: few[0], hatched: true, mark: "too few events" }],
      title: "Change from " + inWords(before) + " to " + inWords(after),
      note: "",
    };
  }

  // Two windows, or null and why there are none.
  function earlier(chosen, [first, last]) {
    if (chosen.from === null && chosen.to === null) {
      return [null, "Change needs a period: choose one on the timeline."];
    }
    const after = within(chosen, [first, last]);
    const before = { from: 2 * after.from - after.to - 1, to: after.from - 1 };
    if (after.to < after.from || before.from < first) {
      return [null, "The records do not reach far enough back to compare this period."];
    }
    return [before, after];
  }

  const onMap = (counts) =>
    Object.fromEntries(Object.entries(counts).filter(([code]) => bordermap.states.has(code)));

  // ---------------------------------------------------------------- numbers
  // The steps 1, 2, 5, 10 ... from about the lowest to the highest; where they are more than the
  // colours, every second or third.
  function steps(lowest, highest) {
    const all = [];
    for (let decade = Math.floor(Math.log10(lowest || 1)); ; decade++) {
      for (const digit of [1, 2, 5]) {
        const step = Number(digit + "e" + decade);
        if (all.length && step > highest) return thinned(all);
        if (step >= lowest) all.push(step);
      }
    }
  }

  function thinned(all) {
    const colours = bordermap.style.shades.sequential.length;
    const stride = Math.ceil(all.length / colours);
    return all.filter((_, i) => i % stride === 0);
  }

  function spread(colours, count) {
    const last = colours.length - 1;
    return Array.from({ length: count }, (_, i) =>
      colours[count === 1 ? last : Math.round((i * last) / (count - 1))]);
  }

  const figure = (value) => Number(value.toPrecision(2)).toLocaleString("en");

  const mark = (value) => (value < 1e4 ? figure(value) : figure(value / 1000) + "k");

  const records = (count) => count.toLocaleString("en") + (count === 1 ? " record" : " records");

  function inWords({ from, to }) {
    const day = (number) =>
      new Date(number * 864e5).toLocaleDateString("en-GB", {
        day: "numeric",
        month: "short",
        year: "numeric",
        timeZone: "UTC",
      });
    return from === to ? day(from) : day(from) + " – " + day(to);
  }

  // ---------------------------------------------------------------- legend
  function shadeLegend(position) {
    const control = new L.Control({ position });
    const title = bordermap.textElement("h4", "");
    const scale = bordermap.textElement("div", "", "bordermap-scale");
    const note = bordermap.textElement("p", "");
    let drawn = "";
    control.onAdd = () => {
      const box = bordermap.textElement("div", "", "bordermap-panel bordermap-shades");
      box.hidden = true;
      box.append(title, scale, note);
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    control.say = (said) => {
      const text = JSON.stringify([said.title, said.blocks, said.note]);
      if (text === drawn) return;
      drawn = text;
      control.getContainer().hidden = !said.title;
      title.textContent = said.title;
      note.textContent = said.note;
      scale.className = "bordermap-scale bordermap-scale-" + said.how;
      scale.replaceChildren(...said.blocks.map(block));
      bordermap.map.fire("bordermap:shaded");
    };
    return control;
  }

  // A colour with words at its left edge (mark) or in its middle (within).
  function block({ colour, mark: edge, within: middle, hatched }) {
    const cell = document.createElement("span");
    if (hatched) cell.className = "bordermap-hatched";
    if (edge) cell.append(bordermap.textElement("span", edge));
    if (middle) cell.append(bordermap.textElement("b", middle));
    const swatch = document.createElement("i");
    swatch.style.backgroundColor = colour;
    if (hatched) swatch.style.backgroundImage = stripes();
    cell.prepend(swatch);
    return cell;
  }

  function stripes() {
    const [ground, line] = bordermap.style.shades.few;
    return `repeating-linear-gradient(135deg, ${line} 0 1.5px, ${ground} 1.5px 6px)`;
  }

  // The same stripes as a pattern for areas.
  function hatch() {
    const [ground, line] = bordermap.style.shades.few;
    const make = bordermap.svgElement;
    const svg = make("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" });
    const pattern = make("pattern", {
      id: HATCH,
      width: 6,
      height: 6,
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    });
    pattern.append(
      make("rect", { width: 6, height: 6, fill: ground }),
      make("rect", { width: 1.5, height: 6, fill: line })
    );
    svg.append(pattern);
    return svg;
  }
})();
