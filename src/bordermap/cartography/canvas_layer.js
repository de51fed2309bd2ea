// A layer with a canvas of its own that covers the view and is redrawn, at most once a frame,
// whenever the view moves. Subclasses implement paint(context, size).
(function () {
  "use strict";
  const bordermap = (window.bordermap = window.bordermap || {});

  bordermap.CanvasLayer = L.Layer.extend({
    onAdd(map) {
      this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", this.getPane());
      this._canvas.setAttribute("aria-hidden", "true");
      this._moving = false;
      this.draw();
    },

    onRemove() {
      L.Util.cancelAnimFrame(this._frame);
      this._frame = null;
      this._canvas.remove();
      this._canvas = null;
    },

    getEvents() {
      return {
        move: this.redraw,
        moveend: this.redraw,
        resize: this.redraw,
        zoomanim: this._follow,
        zoomend: this._land,
      };
    },

    redraw() {
      if (!this._canvas || this._frame || this._moving) return;
      this._frame = L.Util.requestAnimFrame(() => {
        this._frame = null;
        if (this._canvas && !this._moving) this.draw();
      });
    },

    // Without waiting for the next frame, which may be long in coming on a page that is busy.
    drawNow() {
      L.Util.cancelAnimFrame(this._frame);
      this._frame = null;
      if (this._canvas && !this._moving) this.draw();
    },

    draw() {
      const map = this._map;
      const size = map.getSize();
      const ratio = window.devicePixelRatio || 1;
      const canvas = this._canvas;
      const width = Math.round(size.x * ratio);
      const height = Math.round(size.y * ratio);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + "px";
        canvas.style.height = size.y + "px";
      }
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      this._corner = map.containerPointToLatLng([0, 0]);
      const context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      this.paint(context, size);
    },

    // While Leaflet animates a zoom the last picture is stretched along with the map.
    _follow(event) {
      this._moving = true;
      const scale = this._map.getZoomScale(event.zoom);
      const corner = this._map._latLngToNewLayerPoint(this._corner, event.zoom, event.center);
      L.DomUtil.setTransform(this._canvas, corner, scale);
    },

    _land() {
      this._moving = false;
      this.redraw();
    },
  });
})();
