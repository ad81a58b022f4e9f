// The reference works without this. With it: dividers in comparisons, a search that filters while one types, copying.

for (const figure of document.querySelectorAll(".compare[data-slides]")) divide(figure);
for (const button of document.querySelectorAll("[data-copies]")) offerCopy(button);
const search = document.getElementById("search");
if (search) filter(search);

/** Lays the picture after over the one before, with a slider between them. */
function divide(figure) {
  const pair = figure.querySelector(".pair");
  const slider = Object.assign(document.createElement("input"), {
    type: "range",
    className: "slider",
    min: 0,
    max: 100,
    step: 0.5,
    value: 50,
  });
  slider.setAttribute("aria-label", "Divider: before to the left, after to the right");
  const frame = document.createElement("div");
  frame.className = "slider-frame";
  frame.append(slider);
  pair.append(frame);
  figure.style.setProperty("--width", `${figure.querySelector("img").getAttribute("width")}px`);
  slider.addEventListener("input", () => figure.style.setProperty("--split", `${slider.value}%`));
  figure.classList.add("sliding");
}

function offerCopy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const text = button.textContent;
  button.addEventListener("click", async () => {
    const path = document.getElementById(button.dataset.copies).textContent;
    await navigator.clipboard.writeText(new URL(path, location.href).href);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = text), 1500);
  });
}

/** Shows the options that have what is typed in their names or words; `/` goes to the field, Enter to the first found. */
function filter(search) {
  const status = document.getElementById("search-status");
  const items = [...document.querySelectorAll("[data-words]")];
  const isComplete = !new URLSearchParams(location.search).get("q");
  const keys = document.createElement("kbd");
  keys.textContent = "/";
  const hint = [keys, " to search"];
  if (isComplete) {
    search.form.querySelector("button").hidden = true;
    status.replaceChildren(...hint);
    search.addEventListener("input", show);
  }

  function show() {
    const wanted = search.value.trim().toLowerCase();
    const found = items.filter((item) => {
      item.hidden = !item.dataset.words.includes(wanted);
      return !item.hidden;
    });
    for (const group of document.querySelectorAll("[data-group]"))
      group.hidden = !group.querySelector("[data-words]:not([hidden])");
    if (wanted) status.textContent = `${found.length} of ${items.length} options`;
    else status.replaceChildren(...hint);
  }

  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !isComplete || !search.value.trim()) return;
    const wanted = search.value.trim().toLowerCase();
    const shown = items.filter((item) => !item.hidden);
    const named = shown.find((item) => item.dataset.words.startsWith(`${wanted} `));
    const first = (named ?? shown[0])?.querySelector("a");
    event.preventDefault();
    first?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.activeElement?.matches("input, textarea, select")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}
