// Inserts a ready text without leaving the page. Without this file the form makes a round trip.
for (const group of document.querySelectorAll("[data-textos]")) {
  const area = document.getElementById(group.dataset.textos);
  const choice = group.querySelector("select");
  group.querySelector("button")?.addEventListener("click", (event) => {
    const text = choice.selectedOptions[0]?.dataset.texto;
    event.preventDefault();
    if (!text || !area) return choice.focus();
    const before = area.value.trimEnd();
    area.value = before ? `${before}\n\n${text}` : text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
}
