// Keyboard for lists. Everything it does can be done with Tab, Space and Enter too.
const KEPT = "procon-teclas";
const table = document.querySelector("[data-teclas]");
const rows = table ? [...table.querySelectorAll("[data-linha]")] : [];
const help = document.querySelector("[data-ajuda-teclas]");
const choice = document.querySelector("[data-teclas-ligadas]");
const action = document.querySelector("#lote select[name=acao]");

for (const hint of document.querySelectorAll(".pg-so-com-js")) hint.hidden = false;

function on() {
  return localStorage.getItem(KEPT) !== "desligadas";
}

function current() {
  return rows.findIndex((row) => row.contains(document.activeElement));
}

function go(to) {
  const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
  const link = row?.querySelector("a");
  link?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

// `a` and `e` speak of the current row when none is ticked.
function choose(kind) {
  if (!action) return;
  const boxes = rows.map((row) => row.querySelector("input[type=checkbox]"));
  if (!boxes.some((box) => box.checked) && current() >= 0) boxes[current()].checked = true;
  if (kind) action.value = kind;
  action.focus();
}

const keys = {
  j: () => go(current() + 1),
  k: () => go(current() < 0 ? 0 : current() - 1),
  x: () => rows[current()]?.querySelector("input[type=checkbox]")?.click(),
  e: () => choose(""),
  a: () => choose("assign"),
  r: () => {
    const link = rows[current()]?.querySelector("a");
    if (link) location.assign(`${link.href}#acoes`);
  },
};

function typing(target) {
  return target.closest("textarea, select, [contenteditable], input:not([type=checkbox]), dialog");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) return;
  // The help stays within reach, or the keys could not be turned on again.
  if (event.key === "?" && help) {
    event.preventDefault();
    help.showModal();
  } else if (on() && Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});

if (choice) {
  choice.checked = on();
  choice.addEventListener("change", () => {
    localStorage.setItem(KEPT, choice.checked ? "ligadas" : "desligadas");
  });
}
