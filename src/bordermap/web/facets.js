// Counts as buttons: a click picks what a bar stands for, a second click gives it back. The map
// hears of it at once: it need not wait until the app has drawn everything else.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".bm-facets");
  const focused = root.getRootNode().activeElement?.dataset?.bar;
  root.replaceChildren(...data.facets.map(group));
  [...root.querySelectorAll("button")].find((one) => one.dataset.bar === focused)?.focus();

  function group({ title, bars, rest }) {
    const element = make("section", "");
    const heading = make("h4", title);
    const list = make("div", "", "bm-bars");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", title);
    const most = Math.max(1, ...bars.map(({ records }) => records));
    list.append(...bars.map((one) => bar(one, most)));
    list.classList.toggle("bm-picked", bars.some(({ pressed }) => pressed !== "false"));
    element.append(heading, list);
    if (!bars.length) list.append(make("p", "None under the other filters.", "bm-rest"));
    if (rest) element.append(make("p", `and ${rest.toLocaleString("en")} more`, "bm-rest"));
    return element;
  }

  function bar({ kind, value, label, records, pressed, colour, mask }, most) {
    const button = make("button", "");
    button.type = "button";
    button.dataset.bar = `${kind} ${value}`;
    button.title = label;
    button.setAttribute("aria-pressed", pressed);
    button.classList.toggle("bm-within", kind === "categories");
    button.style.setProperty("--colour", colour);
    button.style.setProperty("--share", `${(100 * records) / most}%`);
    button.append(make("span", label, "bm-label"), make("span", records.toLocaleString("en"), "bm-number"));
    button.onclick = () => {
      setTriggerValue("click", { kind, value });
      const detail = { channel: "a", mask };
      document.dispatchEvent(new CustomEvent("bordermap:mask", { detail }));
    };
    return button;
  }
}

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
}
