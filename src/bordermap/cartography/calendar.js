// Whole days, counted from 1970-01-01, and the units of the calendar: what the timeline
// needs to know of time, without anything of the screen.
const bordermapCalendar = (() => {
  "use strict";
  const DAY = 864e5; // milliseconds
  const LONG_MONTHS = [
    ...["January", "February", "March", "April", "May", "June", "July", "August"],
    ...["September", "October", "November", "December"],
  ];
  const MONTHS = LONG_MONTHS.map((month) => month.slice(0, 3));
  const LENGTHS = { day: 1, week: 7, month: 30.4369, quarter: 91.3106, year: 365.2425 };
  const MONTHS_OF = { month: 1, quarter: 3, year: 12 };
  const MONDAY = 4; // the first Monday, 1970-01-05, is day 4

  const fromIso = (text) => Math.round(Date.parse(text) / DAY);
  const toIso = (day) => new Date(day * DAY).toISOString().slice(0, 10);
  const split = (day) => {
    const date = new Date(day * DAY);
    return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
  };
  const monthsOf = (day) => {
    const { year, month } = split(day);
    return 12 * year + month;
  };
  // The first day of a month, counted from January of the year 0.
  const firstOf = (months) => Date.UTC(Math.floor(months / 12), ((months % 12) + 12) % 12, 1) / DAY;

  // The first day of the unit that a day lies in; `of` units are taken together.
  function startOf(day, unit, of = 1) {
    if (unit === "day") return day;
    if (unit === "week") return MONDAY + 7 * of * Math.floor((day - MONDAY) / (7 * of));
    const size = MONTHS_OF[unit] * of;
    return firstOf(size * Math.floor(monthsOf(day) / size));
  }

  // A day so many units later; the 31st of a month becomes the last day of a shorter one.
  function add(day, unit, count) {
    if (unit === "day" || unit === "week") return day + LENGTHS[unit] * count;
    const months = monthsOf(day) + MONTHS_OF[unit] * count;
    return Math.min(firstOf(months) + split(day).day - 1, firstOf(months + 1) - 1);
  }

  // Edges of the bins of a unit that cover the days from first to last.
  function edges(first, last, unit) {
    const days = [startOf(first, unit)];
    while (days[days.length - 1] <= last) days.push(add(days[days.length - 1], unit, 1));
    return Int32Array.from(days);
  }

  // The finest unit whose bins are at least so many pixels wide.
  function unitOfBins(days, pixels, least) {
    const units = Object.keys(LENGTHS);
    return units.find((unit) => (pixels * LENGTHS[unit]) / days >= least) || "year";
  }

  // The step by which so many days are best gone through.
  function usualStep(days) {
    if (days <= 70) return "day";
    if (days <= 430) return "week";
    return days <= 5500 ? "month" : "quarter";
  }

  // ---------------------------------------------------------------- windows
  // A window is {from, to}, whole days, both inclusive.
  const same = (one, other) => one.from === other.from && one.to === other.to;

  // The window of the same length that lies inside first and last.
  function fitted({ from, to }, first, last) {
    const length = Math.min(to - from, last - first);
    const start = Math.min(Math.max(from, first), last - length);
    return { from: start, to: start + length };
  }

  const cut = ({ from, to }, first, last) => ({
    from: Math.min(Math.max(from, first), last),
    to: Math.max(Math.min(to, last), first),
  });

  // The window so many steps later; whole months become whole months.
  function shifted({ from, to }, unit, count) {
    return { from: add(from, unit, count), to: add(to + 1, unit, count) - 1 };
  }

  // ---------------------------------------------------------------- words
  const dayInWords = (at) => {
    const { year, month, day } = split(at);
    return `${day} ${MONTHS[month]} ${year}`;
  };

  function inWords({ from, to }) {
    if (from === to) return dayInWords(from);
    const [one, other] = [split(from), split(to)];
    const next = split(to + 1);
    const sameYear = one.year === other.year;
    if (one.day === 1 && next.day === 1) {
      if (one.month === 0 && next.month === 0) {
        return sameYear ? `${one.year}` : `${one.year}–${other.year}`;
      }
      if (sameYear && one.month === other.month) return `${LONG_MONTHS[one.month]} ${one.year}`;
      const start = sameYear ? MONTHS[one.month] : `${MONTHS[one.month]} ${one.year}`;
      return `${start} – ${MONTHS[other.month]} ${other.year}`;
    }
    if (!sameYear) return `${dayInWords(from)} – ${dayInWords(to)}`;
    if (one.month === other.month) return `${one.day}–${dayInWords(to)}`;
    return `${one.day} ${MONTHS[one.month]} – ${dayInWords(to)}`;
  }

  // ---------------------------------------------------------------- ticks
  const TICKS = [
    ...[["day", 1], ["day", 2], ["week", 1]],
    ...[["month", 1], ["month", 3]],
    ...[["year", 1], ["year", 2], ["year", 5], ["year", 10], ["year", 20], ["year", 50]],
  ];
  const LABEL_GAP = 8;

  function startsOf(first, last, unit, of) {
    if (unit === "day" && of === 2) {
      const days = [];
      for (let at = first; at <= last; at++) {
        if (split(at).day % 2 && split(at + 1).day > 1) days.push(at);
      }
      return days;
    }
    const days = [];
    let at = startOf(first, unit, of);
    if (at < first) at = add(at, unit, of);
    for (; at <= last; at = add(at, unit, of)) days.push(at);
    return days;
  }

  function labelled(days, unit) {
    let before = null;
    return days.map((at) => {
      const { year, month, day } = split(at);
      const first = before === null;
      const turn = first || before !== year;
      before = year;
      if (unit === "year") return { day: at, label: `${year}`, strong: false };
      if (unit === "month") {
        if (month === 0) return { day: at, label: `${year}`, strong: true };
        const label = first ? `${MONTHS[month]} ${year}` : MONTHS[month];
        return { day: at, label, strong: first };
      }
      const label = `${day} ${MONTHS[month]}`;
      return { day: at, label: turn ? `${label} ${year}` : label, strong: turn };
    });
  }

  // Takes away a label that one with a year runs into; false where others overlap.
  function roomy(made) {
    let last = null;
    for (const tick of made) {
      if (!last || last.end + LABEL_GAP <= tick.x) last = tick;
      else if (last.strong && !tick.strong && last.label) tick.label = "";
      else return false;
    }
    return true;
  }

  // Ticks of an axis: the most for which there is room. A label stands to the right of its
  // day; one for which there is no room, beside a year or at the end of the axis, is empty.
  //   first, last  days, both inclusive;  width  of the axis in pixels
  //   measure      (label, strong) => its width in pixels
  function ticks(first, last, width, measure) {
    const scale = width / (last + 1 - first);
    let made = [];
    for (const [unit, of] of TICKS) {
      if (scale * LENGTHS[unit] * of < 14) continue;
      made = labelled(startsOf(first, last, unit, of), unit).map((tick) => {
        const x = (tick.day - first) * scale;
        return { ...tick, x, end: x + measure(tick.label, tick.strong) };
      });
      if (roomy(made)) break;
    }
    return made.map((tick) => (tick.end <= width ? tick : { ...tick, label: "" }));
  }

  return {
    ...{ LENGTHS, fromIso, toIso, startOf, add, edges, unitOfBins, usualStep },
    ...{ same, fitted, cut, shifted, dayInWords, inWords, ticks },
  };
})();
