// Paints the histogram of the timeline: bars, meetings above them and the axis below.
//   root  whose font and colours (--bm-ink and so on) are used
//   pad   pixels on both sides of the axis
// draw(histogram, view, width, xOf) returns how many records the tallest bar stands for.
function bordermapTimelineBars(element, root, pad) {
  "use strict";
  const HEIGHT = 78;
  const AXIS = 16; // height of the ticks
  const LANE = 12; // height of the meetings
  const canvas = element.getContext("2d");
  const style = getComputedStyle(root);
  const font = style.fontFamily;
  const colours = Object.fromEntries(
    ["ink", "muted", "line", "meeting"].map((name) => [
      name,
      style.getPropertyValue(`--bm-${name}`),
    ])
  );
  let histogram, view, width, xOf;
  return { draw };

  function draw(...what) {
    [histogram, view, width, xOf] = what;
    const ratio = globalThis.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(HEIGHT * ratio);
    canvas.setTransform(ratio, 0, 0, ratio, 0, 0);
    const most = histogram.totals.reduce((one, other) => Math.max(one, other), 0);
    const meetings = histogram.counts && histogram.meetings.some((count) => count > 0);
    const lane = meetings ? LANE : 2;
    canvas.save();
    canvas.beginPath();
    canvas.rect(pad, 0, width - 2 * pad, HEIGHT);
    canvas.clip();
    if (most) drawBars(lane, most);
    if (meetings) drawMeetings(LANE / 2);
    canvas.restore();
    drawAxis(HEIGHT - AXIS);
    return most;
  }

  function drawBars(top, most) {
    const { groups, counts, edges } = histogram;
    const bins = edges.length - 1;
    const bottom = HEIGHT - AXIS;
    const snapped = (x) => Math.round(xOf(x));
    for (let bin = 0; bin < bins; bin++) {
      const x = snapped(edges[bin]);
      const wide = Math.max(snapped(edges[bin + 1]) - x - 1, 1);
      let below = 0;
      for (let group = 0; group < groups.length; group++) {
        const count = counts[group * bins + bin];
        if (!count) continue;
        const high = ((bottom - top) * count) / most;
        const base = bottom - ((bottom - top) * below) / most;
        canvas.fillStyle = groups[group].colour;
        canvas.fillRect(x, base - high, wide, high);
        below += count;
      }
      if (below) {
        // A single record among very many is a pixel high, not nothing.
        const least = 1 - ((bottom - top) * below) / most;
        if (least > 0) canvas.fillRect(x, bottom - 1, wide, 1);
      }
    }
  }

  function drawMeetings(y) {
    const { meetings, edges } = histogram;
    canvas.fillStyle = colours.meeting;
    meetings.forEach((count, bin) => {
      if (!count) return;
      const x = (xOf(edges[bin]) + xOf(edges[bin + 1])) / 2;
      const room = Math.max((xOf(edges[bin + 1]) - xOf(edges[bin])) * 0.55, 1.8);
      const size = Math.min(2.4 + Math.sqrt(count) * 0.6, LANE / 2, room);
      canvas.beginPath();
      canvas.moveTo(x, y - size);
      canvas.lineTo(x + size, y);
      canvas.lineTo(x, y + size);
      canvas.lineTo(x - size, y);
      canvas.fill();
    });
  }

  function drawAxis(y) {
    canvas.fillStyle = colours.line;
    canvas.fillRect(pad, y, width - 2 * pad, 1);
    const styled = (strong) => `${strong ? 600 : 400} 11px ${font}`;
    canvas.textBaseline = "middle";
    canvas.textAlign = "left";
    const inset = 3;
    const ticks = bordermapCalendar.ticks(view.from, view.to, width - 2 * pad, (label, strong) => {
      canvas.font = styled(strong);
      return canvas.measureText(label).width + inset;
    });
    for (const { label, strong, x } of ticks) {
      canvas.fillStyle = colours.line;
      canvas.fillRect(Math.round(pad + x), y, 1, label ? AXIS : 4);
      canvas.font = styled(strong);
      canvas.fillStyle = strong ? colours.ink : colours.muted;
      canvas.fillText(label, pad + x + inset, y + AXIS / 2 + 1);
    }
  }
}
