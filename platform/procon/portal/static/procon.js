// Improvements only: every page and form works without this file.
const root = document.documentElement;
root.classList.add("com-js");

// A library that the CDN did not deliver is loaded from our own copy.
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
const governed = getComputedStyle(root).getPropertyValue("--govuk-frontend-version");
for (const node of document.querySelectorAll("[data-reserva]")) {
  const script = node.tagName === "SCRIPT";
  if (script ? window.htmx : governed) continue;
  const copy = document.createElement(script ? "script" : "link");
  copy.nonce = nonce;
  if (script) copy.src = node.dataset.reserva;
  else {
    copy.rel = "stylesheet";
    copy.href = node.dataset.reserva;
    node.before(copy);
  }
  if (script) document.head.append(copy);
}

function improve(scope) {
  scope.querySelector("[data-foco]")?.focus();
  for (const area of scope.querySelectorAll("textarea[data-contador]")) count(area);
}

// Characters left, spoken only after a pause in typing.
function count(area) {
  const info = document.getElementById(`${area.id}-info`);
  const limit = Number(area.dataset.contador);
  if (!info || info.dataset.pronto) return;
  info.dataset.pronto = "sim";
  const spoken = info.cloneNode();
  spoken.removeAttribute("id");
  spoken.className = "govuk-visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  info.after(spoken);
  let pause = 0;
  const show = () => {
    // Line breaks travel as two characters; the server counts one.
    const left = limit - [...area.value].length;
    const amount = Math.abs(left).toLocaleString("pt-BR");
    const noun = Math.abs(left) === 1 ? "caractere" : "caracteres";
    info.textContent = left < 0 ? `Passou ${amount} ${noun} do limite` : `Ainda cabem ${amount} ${noun}`;
    if (Math.abs(left) === 1 && left > 0) info.textContent = "Ainda cabe 1 caractere";
    info.classList.toggle("govuk-error-message", left < 0);
    clearTimeout(pause);
    pause = setTimeout(() => (spoken.textContent = info.textContent), 1000);
  };
  area.addEventListener("input", show);
  if (area.value) show();
}

// A second click on a form that is being sent does nothing; coming back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.enviando) {
    event.preventDefault();
    return;
  }
  form.dataset.enviando = "sim";
  form.setAttribute("aria-busy", "true");
  const free = () => {
    delete form.dataset.enviando;
    form.removeAttribute("aria-busy");
  };
  setTimeout(free, 10000);
  addEventListener("pageshow", free, { once: true });
  form.addEventListener("htmx:finally:request", free, { once: true });
});

// A page of somebody signed in, kept in memory by the browser, must not come back after they left.
addEventListener("pageshow", (event) => {
  if (!event.persisted || !document.querySelector(".pg-pessoa__sair")) return;
  document.documentElement.hidden = true;
  location.reload();
});

// Links that look like buttons answer the space bar, as buttons do.
document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.getAttribute?.("role") === "button") {
    event.preventDefault();
    event.target.click();
  }
});

document.addEventListener("htmx:after:swap", () => improve(document));
improve(document);
