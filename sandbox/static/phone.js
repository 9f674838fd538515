// One simulated phone: asks for what is new, draws it, and sends what the person does.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const { who, name, account, face } = main.dataset;
  const chat = document.getElementById("chat");
  const trouble = document.getElementById("trouble");
  const title = document.getElementById("title");
  const say = document.getElementById("say");
  const QUIET_MS = 1200;
  const BUSY_MS = 250;
  const STAMP_SECONDS = 300;
  let last = 0;
  let stampedAt = 0;
  let waiting = 0;
  let timer = 0;
  let shownArticles = "";
  let shownMenu = "";

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const safe = (url) => (/^(https?:\/\/|\/)/.test(url) ? url : "#");

  // Text may hold <a href> of the platform's kind and bare addresses; everything else is plain text.
  const LINK = /<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'，。；）】》]+)/gi;
  const fill = (element, text) => {
    let from = 0;
    for (const found of text.matchAll(LINK)) {
      element.append(text.slice(from, found.index));
      const link = make("a", "", found[2] ?? found[3]);
      link.href = safe(found[1] ?? found[3]);
      link.rel = "noopener";
      element.append(link);
      from = found.index + found[0].length;
    }
    element.append(text.slice(from));
    return element;
  };

  const pictureOr = (url, tag, className) => {
    if (!url) return make(tag, className);
    const image = make("img", className);
    image.src = safe(url);
    image.alt = "";
    return image;
  };

  const letters = (articles) => {
    const box = make("div", articles.length > 1 ? "letters several" : "letters");
    articles.forEach((article, position) => {
      const card = make("a", position ? "letter letter-row" : "letter");
      card.href = safe(article.url);
      if (position) {
        card.append(make("span", "", article.title), pictureOr(article.picture, "i", ""));
      } else {
        const cover = make("span", "letter-cover");
        if (article.picture) cover.append(pictureOr(article.picture, "i", ""));
        card.append(cover, make("span", "letter-title", article.title));
        if (articles.length === 1 && article.description) card.append(make("span", "letter-text", article.description));
      }
      box.append(card);
    });
    return box;
  };

  const menuMessage = (content) => {
    const bubble = make("div", "bubble");
    if (content.head) fill(bubble, content.head);
    const list = make("div", "choices");
    content.items.forEach((item) => {
      const choice = make("button", "choice", item.content);
      choice.type = "button";
      choice.addEventListener("click", () => act({ type: "text", content: item.content, bizmsgmenuid: item.id }));
      list.append(choice);
    });
    bubble.append(list);
    if (content.tail) bubble.append(fill(make("span"), content.tail));
    return bubble;
  };

  const voice = (content) => {
    const box = make("div", "spoken");
    const bubble = make("div", "bubble voice");
    const seconds = content.seconds || 3;
    bubble.style.width = `${Math.min(210, 70 + seconds * 6)}px`;
    const wave = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    wave.setAttribute("class", "wave");
    wave.setAttribute("viewBox", "0 0 14 16");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", "M2 6.5a3 3 0 0 1 0 3M5.5 4a7 7 0 0 1 0 8M9 1.5a11 11 0 0 1 0 13");
    wave.append(line);
    bubble.append(wave, make("span", "", `${seconds}″`));
    box.append(bubble);
    if (content.content) box.append(make("p", "transcript", content.content));
    return box;
  };

  const place = (content) => {
    const card = make("div", "place");
    card.append(make("b", "", content.label), make("small", "", `${content.lat.toFixed(4)}，${content.lng.toFixed(4)}`));
    card.append(make("div", "map"));
    return card;
  };

  const unplaced = (content) => (content.lat || content.lng ? place(content) : make("div", "bubble", `［位置］${content.label}`));

  const shared = (content) => {
    const card = make("div", "shared");
    card.append(make("b", "", content.title || content.url), make("small", "", content.description || content.url || ""));
    return card;
  };

  const draw = {
    text: (content) => fill(make("div", "bubble"), content.content),
    image: (content) => pictureOr(content.url, "span", "photo"),
    video: (content) => pictureOr(content.url, "span", "photo"),
    voice,
    location: unplaced,
    link: shared,
    news: (content) => letters(content.articles),
    mpnews: (content) => letters(content.articles),
    mpnewsarticle: (content) => letters(content.articles),
    msgmenu: menuMessage,
    images: (content) => make("div", "bubble", content.content || "［图片］"),
    music: shared,
    miniprogrampage: shared,
    transfer_customer_service: () => make("div", "bubble", "已为你转接人工服务，请稍候。"),
  };

  const stamp = (at) => {
    if (at - stampedAt < STAMP_SECONDS) return;
    stampedAt = at;
    const moment = new Date(at * 1000);
    const clock = moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
    const day = moment.toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" });
    chat.append(make("p", "stamp", `${day} ${clock}`));
  };

  const add = (line) => {
    stamp(line.at);
    if (line.side === "system" && line.kind === "event") {
      chat.append(make("p", "system", line.content.content));
      return;
    }
    const side = line.side === "citizen" ? "citizen" : "account";
    const row = make("div", `message from-${side}${line.content.articles ? " wide" : ""}`);
    row.dataset.kind = line.kind;
    if (line.side === "system") row.classList.add("notice");
    const avatar = make("span", side === "citizen" ? `face face-${face}` : "face face-account", (side === "citizen" ? name : account)[0]);
    avatar.setAttribute("aria-hidden", "true");
    const said = make("div", "said");
    said.append(make("span", "hidden", side === "citizen" ? "我：" : `${account}：`));
    said.append((draw[line.kind] || ((content) => make("div", "bubble", content.content || "［暂不支持的消息］")))(line.content));
    if (line.by_ai) said.append(make("p", "by-ai", "内容由第三方AI生成"));
    row.append(avatar, said);
    chat.append(row);
  };

  const drawArticles = (articles) => {
    const seen = JSON.stringify(articles);
    if (seen === shownArticles) return;
    shownArticles = seen;
    const box = document.getElementById("articles");
    box.replaceChildren(...articles.map((article) => {
      const link = make("a", "article");
      link.href = `/s/${article.slug}`;
      const text = make("span");
      const day = new Date(article.at * 1000).toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" });
      text.append(make("b", "", article.title), make("small", "", `${day} · ${article.origin === "mass" ? "已推送" : "已发布"}`));
      link.append(text, pictureOr(article.picture, "i", "thumb"));
      return link;
    }));
    document.getElementById("articles-none").hidden = articles.length > 0;
  };

  // Pictures grow after they are drawn; the end of the chat stays in sight unless the person scrolled away.
  let pinned = true;
  const toEnd = () => { if (pinned) chat.scrollTop = chat.scrollHeight; };
  chat.addEventListener("load", toEnd, true);
  chat.addEventListener("scroll", () => {
    pinned = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 120;
  });

  const press = (button) => {
    if (button.type === "click") act({ type: "click", key: button.key, name: button.name });
    else if (button.type === "view") window.location.assign(safe(button.url));
  };

  const drawMenu = (buttons) => {
    const seen = JSON.stringify(buttons);
    if (seen === shownMenu) return;
    shownMenu = seen;
    const menu = document.getElementById("menu");
    menu.hidden = buttons.length === 0;
    menu.replaceChildren(...buttons.map((button) => {
      const slot = make("div");
      const subs = button.sub_button || [];
      const top = make("button", "", subs.length ? `≡ ${button.name}` : button.name);
      top.type = "button";
      slot.append(top);
      if (!subs.length) {
        top.addEventListener("click", () => press(button));
        return slot;
      }
      const list = make("ul");
      list.hidden = true;
      top.setAttribute("aria-expanded", "false");
      subs.forEach((sub) => {
        const item = make("li");
        const inner = make("button", "", sub.name);
        inner.type = "button";
        inner.addEventListener("click", () => { list.hidden = true; press(sub); });
        item.append(inner);
        list.append(item);
      });
      top.addEventListener("click", () => {
        list.hidden = !list.hidden;
        top.setAttribute("aria-expanded", String(!list.hidden));
      });
      slot.append(list);
      return slot;
    }));
  };

  const look = async () => {
    window.clearTimeout(timer);
    try {
      const answer = await fetch(`/phone/state?who=${encodeURIComponent(who)}&after=${last}`);
      const state = await answer.json();
      // Two requests can overlap, so a line that is already drawn may come again.
      const fresh = state.lines.filter((line) => line.number > last);
      if (fresh.length) {
        fresh.forEach(add);
        last = fresh[fresh.length - 1].number;
        pinned = true;
        toEnd();
      }
      drawArticles(state.articles);
      drawMenu(state.menu);
      document.getElementById("follow-gate").hidden = state.subscribed;
      title.textContent = state.typing ? "对方正在输入…" : account;
      trouble.textContent = "";
    } catch {
      trouble.textContent = "沙箱没有应答，稍后会再试。";
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(look, waiting ? BUSY_MS : QUIET_MS);
  };

  const act = async (wish) => {
    waiting += 1;
    timer = window.setTimeout(look, BUSY_MS / 3);
    try {
      const answer = await fetch("/phone/act", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ who, ...wish }),
      });
      const result = await answer.json();
      if (result.error) window.setTimeout(() => { trouble.textContent = result.error; }, BUSY_MS);
    } finally {
      waiting -= 1;
      look();
    }
  };

  const ready = {
    follow: { type: "follow" },
    unfollow: { type: "unfollow" },
    location: { type: "location", lat: 29.4612, lng: 113.0047, label: "示例大道1号附近" },
    town: { type: "location", lat: 29.5401, lng: 112.937, label: "清溪镇集镇" },
    abroad: { type: "location", lat: 39.9087, lng: 116.3975, label: "北京市东城区" },
    label: { type: "location", nowhere: true, label: "城关街道解放路" },
    voice: { type: "voice", content: "请问低保怎么申请", recognised: true },
    mumble: { type: "voice", content: "", recognised: false },
    image: { type: "image" },
    video: { type: "video" },
    file: { type: "file", name: "停水通知.docx" },
    sticker: { type: "sticker" },
    miniprogram: { type: "miniprogram", title: "本地生活服务" },
  };
  document.querySelectorAll("[data-act]").forEach((button) => {
    button.addEventListener("click", () => act(ready[button.dataset.act]));
  });
  document.querySelectorAll("[data-ask]").forEach((button) => {
    button.addEventListener("click", () => act({ type: "text", content: button.dataset.ask }));
  });
  const sends = (form, field, wish) => {
    const input = document.getElementById(field);
    document.getElementById(form).addEventListener("submit", (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (value) act(wish(value));
      else input.focus();
    });
  };
  sends("share", "share-url", (url) => ({ type: "link", title: "紧急通知：明天起全城停水三天", description: "速看，转给家人！", url }));
  // Who does not follow yet follows by scanning; the code comes with the event either way.
  sends("scan", "scene", (scene) => ({ type: document.getElementById("follow-gate").hidden ? "scan" : "follow", scene }));
  sends("tap", "key", (key) => ({ type: "click", key }));
  document.getElementById("talk").addEventListener("submit", (event) => {
    event.preventDefault();
    const content = say.value.trim();
    if (!content) return;
    say.value = "";
    say.focus();
    act({ type: "text", content });
  });

  const clock = document.getElementById("clock");
  const tell = () => {
    clock.textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
  };
  tell();
  window.setInterval(tell, 20000);
  look();
})();
