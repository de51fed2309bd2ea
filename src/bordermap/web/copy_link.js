// A button that copies the address, with the view of the map of this moment. Where the clipboard
// is not allowed it shows the address as selected text.
const ends = new WeakMap(); // parentElement -> AbortController of its listeners
const SHOWN = 2500; // milliseconds for which it says that it copied

export default function ({ parentElement }) {
  ends.get(parentElement)?.abort();
  const end = new AbortController();
  ends.set(parentElement, end);
  const [button, field, said] = ["button", "input", "[role=status]"].map((name) =>
    parentElement.querySelector(name)
  );
  const on = (element, name, act) => element.addEventListener(name, act, { signal: end.signal });
  let timer = null;

  on(button, "click", async () => {
    // The map answers at once, and the answer goes into the address.
    document.dispatchEvent(new CustomEvent("bordermap:where", { detail: {} }));
    const link = location.href;
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      offer(link);
      return;
    }
    close();
    tell("Copied");
    timer = setTimeout(() => tell(""), SHOWN);
  });
  on(field, "keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    button.focus();
  });
  on(field, "focus", () => field.select());

  function offer(link) {
    field.value = link;
    field.hidden = false;
    field.focus();
    field.select();
    tell("Copy the selected link");
  }

  function close() {
    field.hidden = true;
    tell("");
  }

  function tell(words) {
    clearTimeout(timer);
    said.textContent = words;
  }

  return () => {
    clearTimeout(timer);
    end.abort();
  };
}
