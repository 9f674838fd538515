"use strict";
(function () {
  var box = document.getElementById("address"), button = document.getElementById("copy"), said = document.getElementById("copied");
  if (!box || !button) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    box.select();
    var done = navigator.clipboard ? navigator.clipboard.writeText(box.value) : Promise.reject();
    done.catch(function () { document.execCommand("copy"); }).then(function () { said.textContent = "已复制。"; });
  });
})();
