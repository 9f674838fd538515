"use strict";
// On the page for one reader a frame is as tall as what is in it, so that nothing is cut when the page is printed.
function grow(box, frame, scale) {
  if (!document.body.hasAttribute("data-whole") || !box.clientWidth) return;
  var inside = frame.contentDocument && frame.contentDocument.documentElement;
  if (inside && inside.scrollHeight > 100) box.style.height = Math.ceil(inside.scrollHeight * scale) + "px";
}
(function () {
  document.querySelectorAll(".phone").forEach(function (box) {
    var frame = box.querySelector("iframe");
    function fit() { grow(frame, frame, 1); }
    frame.addEventListener("load", fit);
    if (window.ResizeObserver) new ResizeObserver(fit).observe(box);
  });
})();

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
      grow(box, frame, 1);
      return;
    }
    var scale = room / wide;
    frame.style.width = wide + "px";
    grow(box, frame, scale);
    frame.style.width = wide + "px";
    frame.style.height = box.clientHeight / scale + "px";
    frame.style.transform = "scale(" + scale + ")";
  }
  document.querySelectorAll("[name=portal-width]").forEach(function (each) { each.addEventListener("change", fit); });
  if (window.ResizeObserver) new ResizeObserver(fit).observe(box); else window.addEventListener("resize", fit);
  frame.addEventListener("load", fit);
  fit();
})();
