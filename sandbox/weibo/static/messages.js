// Keeps the conversation fresh and sends without leaving the page; without this file plain forms do the same.
const chat = document.getElementById("chat");
const say = document.getElementById("say");
const composer = document.getElementById("composer");
let shown = chat.innerHTML;

function toTheEnd() {
  chat.scrollTop = chat.scrollHeight;
}

async function refresh() {
  const answer = await fetch("/weibo/messages/chat?uid=" + encodeURIComponent(chat.dataset.uid));
  if (!answer.ok) return;
  const html = await answer.text();
  if (html === shown) return;
  shown = html;
  chat.innerHTML = html;
  toTheEnd();
}

async function tick() {
  try {
    await refresh();
  } catch {
    // The sandbox is being restarted: the next tick tries again.
  }
  setTimeout(tick, 700);
}

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(composer);
  say.value = "";
  say.focus();
  await fetch(composer.action, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  await refresh();
});

document.getElementById("uid").addEventListener("change", () => document.getElementById("who").submit());
toTheEnd();
tick();
