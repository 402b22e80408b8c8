import { InklingSearch } from "inkling-search/element";

document.documentElement.lang = "de";
const main = document.createElement("main");
main.textContent = "All about xylophones and other instruments.";
const element = new InklingSearch();
element.setAttribute("page", "");
document.body.append(element, main);
const query = new Promise((resolve) => element.addEventListener("inkling-query", resolve, { once: true }));
element.open("xylophones");
const { detail } = await query;
const [list, close] = ["[role=listbox]", "[part=close]"].map(
  (part) => element.shadowRoot.querySelector(part).textContent,
);
window.answer = { found: detail.hits.length, list, close };
