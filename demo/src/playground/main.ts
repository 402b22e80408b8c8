import type {} from "inkling-search/element";
import type { QueryDetail, SelectDetail } from "inkling-search/element";
import "../../styles/playground.css";
import { find } from "../element.ts";
import { Playground } from "./playground.ts";
import { readChosen, readDropped } from "./dropped-files.ts";
import { makeView } from "./view.ts";

const view = makeView();
const playground = new Playground(view);
const { drop, files, folder, site, json, box } = view;

for (const input of [files, folder]) {
  input.addEventListener("change", () => {
    if (input.files) void playground.addFiles(readChosen(input.files));
    // Why: so that the same file can be chosen again.
    input.value = "";
  });
}

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;

// Why the whole page: a browser opens a file that misses its place, and everything here would be gone.
document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  drop.classList.add("over");
});
for (const type of ["dragleave", "drop"]) document.addEventListener(type, () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer || !holdsFiles(event)) return;
  event.preventDefault();
  void readDropped(event.dataTransfer).then((dropped) => playground.addFiles(dropped));
});

site.addEventListener("submit", (event) => {
  event.preventDefault();
  void playground.addSite(view.address.value.trim() || view.address.placeholder);
});
json.addEventListener("submit", (event) => {
  event.preventDefault();
  void playground.addFiles({
    files: [{ path: "records.json", file: new File([view.records.value], "records.json") }],
    omitted: 0,
  });
});

view.reset.addEventListener("click", () => void playground.clear());

for (const type of ["inkling-query", "inkling-noresults"]) {
  box.addEventListener(type, (event) => void playground.explain((event as CustomEvent<QueryDetail>).detail));
}
box.addEventListener("inkling-select", (event) => {
  if (playground.showHit((event as CustomEvent<SelectDetail>).detail)) event.preventDefault();
});

find("#playground").replaceWith(view.root);
