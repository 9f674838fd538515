"use strict";
// The portal as on a wide screen, made small enough for its box. Without script the page takes the width of the box.
(function () {
  var box = document.querySelector("[data-wide]");
  if (!box) return;
  var frame = box.querySelector("iframe"), wide = Number(box.dataset.wide), phone = document.getElementById("portal-phone");
  function fit() {
    var room = box.clientWidth;
    if (!room) return;
    if (phone.checked || room >= wide) {
      frame.style.width = ""; frame.style.height = ""; frame.style.transform = "";
      return;
    }
    var scale = room / wide;
    frame.style.width = wide + "px";
    frame.style.height = box.clientHeight / scale + "px";
    frame.style.transform = "scale(" + scale + ")";
  }
  document.querySelectorAll("[name=portal-width]").forEach(function (each) { each.addEventListener("change", fit); });
  if (window.ResizeObserver) new ResizeObserver(fit).observe(box); else window.addEventListener("resize", fit);
  fit();
})();
