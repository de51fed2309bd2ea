// The divider of a map with two layers of events: a slider that can be dragged or moved by
// keys. Each layer is clipped at it, and so are its hits; the names at its sides say which
// days the layer shows, as the timeline moves. It stands beside the map's container, so that
// nothing that happens on it is taken for a move of the map.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const STEP = 0.02; // share of the map that an arrow key moves by
  const LEAP = 0.1;
  const LEAST = 40; // pixels of a side that has room for its letter
  const ROOM = 250; // pixels of a side that has room for its days, beside the controls
  const DAY = 86400000;

  bordermap.swipe = function (map, { channels }) {
    const container = map.getContainer();
    const root = bordermap.textElement("div", "", "bordermap-swipe");
    const names = channels.map(() => bordermap.textElement("div", "", "bordermap-swipe-name"));
    const handle = bordermap.textElement("div", "", "bordermap-swipe-handle");
    handle.tabIndex = 0;
    const facts = {
      role: "slider",
      "aria-label": "Divider between A and B",
      "aria-orientation": "horizontal",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    };
    for (const name in facts) handle.setAttribute(name, facts[name]);
    root.append(...names, handle);
    document.body.append(root);

    let share = 0.5; // of the map that the first layer has
    let frame = 0;
    const spoken = channels.map((channel) => channel.toUpperCase());

    channels.forEach((channel, side) => {
      name(side, "");
      bordermap.hear("time", ({ from, to }) => name(side, days(from, to)), channel);
    });

    function name(side, text) {
      const letter = bordermap.textElement("strong", channels[side].toUpperCase());
      names[side].replaceChildren(letter, bordermap.textElement("span", text));
      spoken[side] = letter.textContent + (text && ", " + text + ",");
      speak();
    }

    function speak() {
      const percent = Math.round(100 * share);
      handle.setAttribute("aria-valuenow", percent);
      handle.setAttribute(
        "aria-valuetext",
        `${spoken[0]} on ${percent} %, ${spoken[1]} on ${100 - percent} % of the map`
      );
    }

    function move(to) {
      share = Math.min(Math.max(to, 0), 1);
      if (!frame) frame = requestAnimationFrame(place);
    }

    function place() {
      frame = 0;
      const box = container.getBoundingClientRect();
      const x = Math.round(share * box.width);
      const rooms = [x, box.width - x];
      Object.assign(root.style, {
        left: box.left + x + "px",
        top: box.top + "px",
        height: box.height + "px",
      });
      names.forEach((element, side) => {
        element.hidden = rooms[side] < LEAST;
        element.classList.toggle("bordermap-swipe-short", rooms[side] < ROOM);
      });
      speak();
      const layers = channels.map((channel) => window.bordermapLayers[channel]);
      const wider = rooms[0] >= rooms[1] ? 0 : 1;
      layers[0].setClip([0, x]);
      layers[1].setClip([x, box.width]);
      layers.forEach((layer, side) => layer.setKeys(side === wider));
    }

    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      handle.setPointerCapture(event.pointerId);
      handle.focus({ focusVisible: false });
      event.preventDefault();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = container.getBoundingClientRect();
      move((event.clientX - box.left) / box.width);
    });
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? LEAP : STEP;
      const to = {
        ArrowLeft: share - step,
        ArrowDown: share - step,
        ArrowRight: share + step,
        ArrowUp: share + step,
        PageDown: share - LEAP,
        PageUp: share + LEAP,
        Home: 0,
        End: 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(to);
    });
    map.on("resize", place);
    new ResizeObserver(place).observe(container);
    place();
  };

  function days(from, to) {
    const ends = [from, to].map((day) => (day === null ? "" : spelled.format(day * DAY)));
    if (!ends[0] && !ends[1]) return "all time";
    if (!ends[0]) return "until " + ends[1];
    if (!ends[1]) return "since " + ends[0];
    return ends[0] === ends[1] ? ends[0] : ends[0] + " to " + ends[1];
  }

  const spelled = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
})();
