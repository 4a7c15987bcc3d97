// Each sentence of the minutes as it arrives: server-sent events, or a look every three seconds
// where they do not get through. Without this file the page has a link "Atualizar".
const LOOK_EVERY = 3000;
let timer = 0;
let held = "";

// What a link or a button of the part is known by, before and after it is drawn anew.
function nameOf(element) {
  return element.closest("form")?.getAttribute("action") ?? element.getAttribute("href") ?? "";
}

function part() {
  return document.getElementById("ao-vivo");
}

function refresh(revision) {
  const live = part();
  if (!live || !window.htmx || live.dataset.revisao === revision) return;
  held = live.contains(document.activeElement) ? nameOf(document.activeElement) : "";
  live.dispatchEvent(new CustomEvent("atualizar", { bubbles: false }));
}

function poll(on) {
  if (Boolean(timer) === on) return;
  clearInterval(timer);
  timer = on ? setInterval(() => refresh(""), LOOK_EVERY) : 0;
}

function follow() {
  const address = part()?.dataset.fluxo;
  if (!address) return;
  // Until the first event is here nobody knows that events get through.
  poll(true);
  if (!window.EventSource) return;
  const source = new EventSource(address);
  source.addEventListener("error", () => poll(true));
  source.addEventListener("mudou", (event) => {
    poll(false);
    refresh(event.data);
  });
  source.addEventListener("fim", () => {
    source.close();
    poll(false);
    refresh("");
  });
}

// What changed is said once, instead of the whole part being read again; the focus stays.
document.addEventListener("htmx:after:swap", () => {
  const live = part();
  const spoken = document.getElementById("ao-vivo-recado");
  if (!live || !spoken) return;
  if (spoken.textContent !== live.dataset.recado) spoken.textContent = live.dataset.recado;
  const again = [...live.querySelectorAll("a, button")].find((one) => held && nameOf(one) === held);
  again?.focus({ preventScroll: true });
});

follow();
