// Draws one record, as details.py puts it into words, for the app and for exported pages.
// Every text arrives as data and leaves as textContent. `opens` returns, for the id of a
// related record, what opens it here, or nothing where it cannot be opened.

function bordermapRecordPanel(details, colours, opens = () => null) {
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const list = (heading, items) => {
    if (!items.length) return;
    const section = make("section");
    section.append(make("h3", "", heading), ...items);
    panel.append(section);
  };
  const lines = (texts) => texts.map((text) => make("p", "bm-line", text));

  const panel = make("article", "bm-record");
  panel.dataset.record = details.id;
  const tag = make("p", "bm-kind");
  const dot = make("span", `bm-dot bm-${details.kind === "meeting" ? "meeting" : "incident"}`);
  dot.style.background = colours[details.family] ?? "#888888";
  tag.append(dot, `${details.kind === "meeting" ? "Meeting" : "Incident"} · ${details.category}`);
  panel.append(tag, make("h2", "", details.title));

  const when = make("p", "bm-date", details.date);
  if (details.date_precision) when.append(make("span", "bm-tag", details.date_precision));
  panel.append(when);
  if (details.date_note) panel.append(make("p", "bm-note", details.date_note));
  if (details.summary) panel.append(make("p", "bm-summary", details.summary));

  list(
    "Places",
    details.places.map((place) => {
      const line = make("p", "bm-line");
      line.append(make("strong", "", place.name), ` ${place.role} `);
      line.append(make("span", "bm-tag", place.precision));
      if (place.where) line.append(make("span", "bm-where", place.where));
      return line;
    }),
  );
  list("Actors", lines(details.actors));
  list("Participants", lines(details.participants));
  list(
    "Figures as reported",
    details.figures.map((figure) => {
      const line = make("p", "bm-line bm-figure");
      line.append(make("span", "", figure.name), make("strong", "", figure.value));
      return line;
    }),
  );
  list(
    "Related",
    details.relations.map((relation) => {
      const line = make("p", "bm-line");
      line.append(make("span", "bm-relation", relation.words), " ");
      const open = opens(relation.id);
      const other = make(open ? "button" : "span", "", `${relation.title} (${relation.date})`);
      if (open) {
        other.type = "button";
        other.className = "bm-open";
        other.onclick = open;
      }
      line.append(other);
      if (relation.note) line.append(make("span", "bm-where", relation.note));
      return line;
    }),
  );
  list("Where sources differ, and what is inferred", details.notes ? lines([details.notes]) : []);
  list(
    "Sources",
    details.sources.map((source) => {
      const line = make("p", "bm-line");
      const link = make("a", "", source.title);
      if (/^https?:\/\//.test(source.url)) {
        link.href = source.url;
        link.target = "_blank";
        link.rel = "noopener noreferrer";
      }
      line.append(make("span", "", `${source.name}: `), link);
      if (source.reprint) line.append(make("span", "bm-tag", source.reprint));
      if (source.note) line.append(make("span", "bm-where", source.note));
      return line;
    }),
  );
  panel.append(make("p", "bm-note", `${details.confidence} · ${details.id}`));
  return panel;
}
