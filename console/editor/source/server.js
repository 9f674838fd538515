// What the editor asks of the server; every answer is JSON, every failure a sentence for the screen.

export class Refused extends Error {}

async function send(address, fields, csrf) {
  const sent = new FormData();
  sent.append("csrf", csrf);
  for (const [name, value] of Object.entries(fields)) sent.append(name, value);
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: sent, headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch {
    throw new Refused("网络不通，请检查网络后重试。");
  }
  if (answer.status === 401) throw new Refused("登录已失效。请在另一个窗口重新登录，再回到这里重试。");
  if (answer.status === 413) throw new Refused("文件超过 10 MB，请压缩后重试。");
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.detail || "没有完成，请稍后重试。");
  return told;
}

export const upload = (file, title, csrf) => send("/console/files", { file, title }, csrf);
export const convert = (body, to, csrf) => send("/console/convert", { body, to }, csrf);
export const word = (file, csrf) => send("/console/disclosures/import", { file }, csrf);
