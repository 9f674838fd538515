"use strict";
// Pictures and places in the web chat without leaving the page. Without script the same forms are posted.
(function () {
  var picture = document.getElementById("picture-form");
  var place = document.getElementById("place-form");
  var use = document.getElementById("use-place");
  var street = document.getElementById("street");
  var failed = "暂时没有送到，请稍后再试。";
  var busy = false;

  function tell(name, detail) { document.dispatchEvent(new CustomEvent(name, { detail: detail })); }

  async function send(address, said, options) {
    if (busy) return false;
    busy = true;
    tell("chat:said", said);
    var taken = false;
    try {
      options.method = "POST";
      options.headers = Object.assign({ Accept: "application/json" }, options.headers);
      options.signal = AbortSignal.timeout(60000);
      var answer = await fetch(address, options);
      var body = await answer.json();
      taken = answer.ok;
      if (taken) tell("chat:reply", body);
      else tell("chat:refused", body.error || failed);
    } catch (_) {
      tell("chat:refused", failed);
    }
    busy = false;
    return taken;
  }

  picture.addEventListener("submit", async function (event) {
    event.preventDefault();
    var file = document.getElementById("picture");
    if (!file.files.length) { file.focus(); return; }
    var form = new FormData(picture);
    if (await send(picture.action, "［图片］", { body: form })) {
      picture.reset();
      document.getElementById("say").focus();
    }
  });

  function near(said, told) {
    return send(place.action, said, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) });
  }

  place.addEventListener("submit", async function (event) {
    event.preventDefault();
    var words = street.value.trim();
    if (!words) { street.focus(); return; }
    if (await near(words, { street: words })) street.value = "";
  });

  // The browser itself asks for consent; who declines writes the street instead.
  if ("geolocation" in navigator && window.isSecureContext) {
    use.hidden = false;
    use.addEventListener("click", function () {
      use.disabled = true;
      navigator.geolocation.getCurrentPosition(function (found) {
        use.disabled = false;
        near("［我的位置］", { latitude: found.coords.latitude, longitude: found.coords.longitude });
      }, function () {
        use.disabled = false;
        tell("chat:refused", "没有取得位置。请写明所在的乡镇、街道或路名。");
        street.focus();
      }, { timeout: 15000, maximumAge: 60000 });
    });
  }
})();
