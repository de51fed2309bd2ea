// What the reader chose of the map itself: overlays switched off, how states are shaded, and the
// language of names. The control says it to the page as bordermap:settings, and hears it from
// there; whoever draws by it listens to the same event of the Leaflet map.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  const CHOICES = {
    shade: {
      title: "Shade states",
      words: { "": "None", count: "Records", rate: "Per month", change: "Change" },
    },
    names: { title: "Names", words: { en: "English", my: "Burmese", zh: "Chinese" } },
  };
  const isChoice = (key, value) =>
    typeof value === "string" && Object.hasOwn(CHOICES[key].words, value);
  const settings = { hidden: [], shade: "", names: "en" };
  bordermap.settings = settings;

  // ---------------------------------------------------------------- names
  // Of a thing with name, name_my and name_zh, of which the last two may be missing.
  bordermap.nameOf = (thing) =>
    (settings.names !== "en" && thing["name_" + settings.names]) || thing.name;

  bordermap.otherNames = (thing) =>
    [thing.name, thing.name_my, thing.name_zh]
      .filter((name) => name && name !== bordermap.nameOf(thing))
      .join(" · ");

  // ---------------------------------------------------------------- the control
  // overlays: name -> layer.
  bordermap.mapControl = function (map, overlays) {
    const control = L.control.layers({}, overlays, { position: "topright" }).addTo(map);
    const layers = new Map(Object.entries(overlays).map(([name, layer]) => [slug(name), layer]));
    const choices = Object.entries(CHOICES).map(([key, choice]) => radios(key, choice, say));
    control.getContainer().querySelector(".leaflet-control-layers-list").append(...choices);
    let applying = false;

    // The map, too, acts on what it says only when it hears it, as the page and other maps do.
    function say(change) {
      bordermap.send("settings", Object.assign({ channel: undefined }, structuredClone(settings), change));
    }

    // What cannot be read stays as it is.
    function apply({ hidden, shade, names }) {
      applying = true;
      if (Array.isArray(hidden)) {
        settings.hidden = [...layers.keys()].filter((name) => hidden.includes(name));
        for (const [name, layer] of layers) {
          const hide = settings.hidden.includes(name);
          if (hide === map.hasLayer(layer)) map[hide ? "removeLayer" : "addLayer"](layer);
        }
      }
      applying = false;
      if (isChoice("shade", shade)) settings.shade = shade;
      if (isChoice("names", names)) settings.names = names;
      for (const box of choices) {
        for (const input of box.querySelectorAll("input")) {
          input.checked = settings[box.dataset.setting] === input.value;
        }
      }
      map.fire("bordermap:settings");
    }

    map.on("overlayadd overlayremove", () => {
      if (!applying) say({ hidden: [...layers.keys()].filter((name) => !map.hasLayer(layers.get(name))) });
    });
    bordermap.hear("settings", apply);
    return control;
  };

  const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

  function radios(key, { title, words }, say) {
    const box = bordermap.textElement("fieldset", "", "bordermap-choice");
    box.dataset.setting = key;
    box.append(bordermap.textElement("legend", title));
    for (const [value, text] of Object.entries(words)) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "bordermap-" + key, value });
      input.checked = settings[key] === value;
      input.addEventListener("change", () => say({ [key]: value }));
      label.append(input, bordermap.textElement("span", text));
      box.append(label);
    }
    return box;
  }
})();
