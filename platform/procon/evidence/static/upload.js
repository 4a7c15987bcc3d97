// Sends files straight to the store in parts, hashed here and checked there, and goes on where
// it stopped. Without this file, or without WebCrypto, the form does it all.
const TRIES = 4;
let active = 0;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const query = (place) => `?ficha=${encodeURIComponent(place.dataset.ficha)}`;

// What the server refuses with a sentence is not tried again; a lost connection is.
class Refused extends Error {}

async function call(place, path, body) {
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": place.dataset.token },
    body: body && JSON.stringify({ ficha: place.dataset.ficha, ...body }),
  });
  if (response.ok) return response.json();
  const said = await response.json().catch(() => ({}));
  if (response.status >= 500) throw new Error();
  throw new Refused(said.error ?? "não foi possível enviar. Atualize a página e tente de novo.");
}

// XMLHttpRequest, because fetch tells nothing while it sends.
function put(url, part, sha256, sent) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("x-amz-checksum-sha256", btoa(String.fromCharCode(...sha256)));
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => (request.status === 200 ? done() : failed(new Error()));
    request.onerror = () => failed(new Error());
    request.send(part);
  });
}

// The memory of the browser; a private window may have none.
function memory(act, ...words) {
  try {
    return localStorage[act](...words);
  } catch {
    return null;
  }
}

// The upload that was begun for this very file, or a new one.
async function begin(place, file, key) {
  const known = memory("getItem", key);
  try {
    const found = known && (await call(place, `/arquivos/${known}${query(place)}`));
    if (found?.state === "sending") return found;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  const begun = await call(place, "/arquivos", { name: file.name, size: file.size });
  memory("setItem", key, begun.id);
  return { id: begun.id, parts: [] };
}

async function send(place, file, line) {
  const size = Number(place.dataset.parte);
  const owner = place.dataset.ficha.replace(/[^.]*$/, "");
  const key = `envio:${owner}${file.name}:${file.size}:${file.lastModified}`;
  const { id, parts } = await begin(place, file, key);
  for (let number = 1, start = 0; start < file.size; number += 1, start += size) {
    if (parts.includes(number)) continue;
    const part = file.slice(start, start + size);
    const digest = await crypto.subtle.digest("SHA-256", await part.arrayBuffer());
    const sha256 = new Uint8Array(digest);
    const hex = Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const { urls } = await call(place, `/arquivos/${id}/partes`, { parts: { [number]: hex } });
    await put(urls[number], part, sha256, (loaded) => line.show((start + loaded) / file.size));
  }
  await call(place, `/arquivos/${id}/concluir`, {});
  memory("removeItem", key);
  line.say("recebido, conferindo…");
  for (let turn = 0; turn < 20; turn += 1) {
    const { state, reason } = await call(place, `/arquivos/${id}${query(place)}`);
    if (state === "refused") throw new Refused(reason);
    if (state === "kept") return;
    await wait(1000);
  }
}

function make(parent, tag, className) {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

// One line of the progress list: name and sentence, bar.
function lineFor(place, file) {
  const item = make(place.querySelector("[data-envio-andamento]"), "div", "");
  const text = make(item, "p", "govuk-body");
  const bar = make(item, "progress", "pg-progresso");
  bar.setAttribute("aria-label", `Envio de ${file.name}`);
  bar.value = 0;
  const line = {
    say: (sentence) => (text.textContent = `${file.name}: ${sentence}`),
    show: (share) => (bar.value = share),
    end: () => item.remove(),
    fail: (sentence, again) => {
      line.say(sentence);
      text.className = "govuk-error-message";
      bar.remove();
      if (!again) return;
      const button = make(item, "button", "govuk-button govuk-button--secondary");
      button.type = "button";
      button.textContent = `Continuar o envio de ${file.name}`;
      button.onclick = () => again(item.remove());
    },
  };
  return line;
}

async function work(place, file) {
  const line = lineFor(place, file);
  if (file.size > place.dataset.limite) {
    line.fail(`passa de ${place.dataset.limiteMb} MB, o máximo aceito.`);
    return;
  }
  line.say("enviando…");
  active += 1;
  for (let turn = 1; turn; turn += 1) {
    try {
      await send(place, file, line);
      line.end();
      break;
    } catch (error) {
      if (error instanceof Refused) line.fail(error.message);
      else if (turn < TRIES) {
        line.say("a conexão caiu, tentando de novo…");
        await wait(1000 * 2 ** turn);
        continue;
      } else line.fail("o envio parou, o que já foi está guardado.", () => work(place, file));
      break;
    }
  }
  active -= 1;
  if (!active) document.querySelector("[data-espere]")?.remove();
  await refresh(place);
}

async function refresh(place) {
  const back = encodeURIComponent(place.dataset.voltar);
  const response = await fetch(`/arquivos${query(place)}&voltar=${back}`).catch(() => null);
  if (!response?.ok) return;
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  place.querySelector("[data-envio-lista]").replaceChildren(...parsed.body.childNodes);
}

if (globalThis.crypto?.subtle) {
  document.addEventListener("change", async ({ target }) => {
    const place = target.type === "file" && target.closest("[data-envio]");
    if (!place) return;
    const files = [...target.files];
    target.value = "";
    for (const file of files) await work(place, file);
  });
  // A form sent now would go without the files that are still on their way.
  document.addEventListener("submit", (event) => {
    if (!active) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const info = document.querySelector("[data-envio-andamento]");
    info.scrollIntoView({ block: "center" });
    if (info.querySelector("[data-espere]")) return;
    const said = make(info, "p", "govuk-error-message");
    said.dataset.espere = "";
    said.textContent = "Espere o envio terminar e tente de novo.";
  }, true);
  addEventListener("beforeunload", (event) => active && event.preventDefault());
  for (const node of document.querySelectorAll("[data-envio-botao]")) node.hidden = true;
}
