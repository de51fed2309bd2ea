// Symbols of single and counted records, discs and badges of areas, and the ring of a chosen one.
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  function trace(context, form, x, y, radius) {
    context.beginPath();
    if (form === "circle") {
      context.arc(x, y, radius, 0, 2 * Math.PI);
      return;
    }
    for (const [dx, dy] of bordermap.shapes[form]) context.lineTo(x + dx * radius, y + dy * radius);
    context.closePath();
  }

  function outline(context, colour, width, dash) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash || []);
    context.stroke();
    context.setLineDash([]);
  }

  function drawPoint(context, shape) {
    const style = bordermap.style;
    const { x, y, radius, form, families } = shape;
    const edge = style.outlines[shape.exact ? "exact" : "near"];
    trace(context, form, x, y, radius);
    outline(context, shape.exact ? style.paper : style.muted, edge.width + (shape.exact ? 2 : 1.2));
    if (families.size === 1) {
      context.fillStyle = style.families[[...families.keys()][0]];
      context.fill();
      if (shape.hollow) {
        trace(context, form, x, y, radius * 0.55);
        context.fillStyle = style.paper;
        context.fill();
        trace(context, form, x, y, radius);
      }
    } else {
      fillShares(context, shape);
      trace(context, form, x, y, radius);
    }
    outline(context, edge.colour, edge.width, edge.dash);
    if (shape.count > 1) drawCount(context, shape);
  }

  // A pie of the families with a pale middle for the count, cut to the form.
  function fillShares(context, { x, y, radius, form, families, count }) {
    const style = bordermap.style;
    context.save();
    context.clip();
    let from = -Math.PI / 2;
    for (const [family, share] of families) {
      const to = from + (2 * Math.PI * share) / count;
      context.fillStyle = style.families[family];
      context.beginPath();
      context.moveTo(x, y);
      context.arc(x, y, radius * 1.3, from, to);
      context.fill();
      from = to;
    }
    context.restore();
    trace(context, form, x, y, radius * 0.64);
    context.fillStyle = style.paper;
    context.fill();
  }

  function drawCount(context, { x, y, count, families, radius, hollow }) {
    const style = bordermap.style;
    const single = families.size === 1;
    const dark = !single || hollow || isPale(style.families[[...families.keys()][0]]);
    context.font = "600 " + Math.max(10, Math.min(13, radius)) + "px " + style.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = dark ? style.ink : style.paper;
    context.fillText(short(count), x, y + 0.5);
  }

  function drawDisc(context, { x, y, radius, families, area }) {
    const style = bordermap.style;
    const colour = families.size === 1 ? style.families[[...families.keys()][0]] : style.muted;
    const edge = style.outlines[area];
    trace(context, "circle", x, y, radius);
    context.fillStyle = colour + hexByte(style.area_opacity);
    context.fill();
    outline(context, colour, edge.width, edge.dash);
  }

  // The number of an area, which may lie above what its disc lies under.
  function drawDiscCount(context, { x, y, count }) {
    if (count > 1) drawNumber(context, short(count), x, y);
  }

  function drawNumber(context, text, x, y) {
    const style = bordermap.style;
    context.font = "600 11px " + style.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = style.paper;
    context.strokeText(text, x, y);
    context.fillStyle = style.ink;
    context.fillText(text, x, y);
  }

  // "≈ 5" in a dashed frame: so many records that are placed only to this region.
  function drawBadge(context, shape) {
    const style = bordermap.style;
    const { x, y, width, reach, count, families } = shape;
    const edge = style.outlines.state;
    context.beginPath();
    context.roundRect(x - width / 2, y - reach, width, 2 * reach, 4);
    context.fillStyle = style.paper + "e6";
    context.fill();
    outline(context, edge.colour, edge.width, edge.dash);
    let left = x - width / 2 + 4;
    const full = width - 8;
    for (const [family, share] of families) {
      const part = (full * share) / count;
      context.fillStyle = style.families[family];
      context.fillRect(left, y + reach - 4, part, 2);
      left += part;
    }
    context.font = "600 11px " + style.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = style.ink;
    context.fillText("≈ " + short(count), x, y - 1);
  }

  // Among densities a badge is a number only, so that it does not hide them.
  function drawQuietBadge(context, { x, y, count }) {
    drawNumber(context, "≈ " + short(count), x, y - 1);
  }

  function drawRing(context, { x, y, reach, radius, width }, isFocus) {
    const style = bordermap.style;
    const alpha = context.globalAlpha;
    context.globalAlpha = 1;
    if (width) {
      context.beginPath();
      context.roundRect(x - width / 2 - 3, y - reach - 3, width + 6, 2 * reach + 6, 6);
    } else {
      trace(context, "circle", x, y, radius + 5);
    }
    outline(context, style.paper, 5);
    outline(context, isFocus ? style.ink : style.accent, 2.5, isFocus ? [4, 3] : []);
    context.globalAlpha = alpha;
  }

  const hexByte = (share) => Math.round(share * 255).toString(16).padStart(2, "0");

  function isPale(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b > 140;
  }

  // 950, 1.2k, 12k, 3.4M
  function short(count) {
    if (count < 1000) return String(count);
    const [unit, sign] = count < 999500 ? [1e3, "k"] : [1e6, "M"];
    const part = count / unit;
    return part.toFixed(part < 9.95 ? 1 : 0) + sign;
  }

  bordermap.draw = { point: drawPoint, disc: drawDisc, discCount: drawDiscCount, quietBadge: drawQuietBadge, badge: drawBadge, ring: drawRing, short };
})();
