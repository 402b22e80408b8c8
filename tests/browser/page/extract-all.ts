import { extractPage } from "../../../src/extract/extract-page.ts";
import { readPageTree } from "../../../src/page-tree.ts";

declare global {
  interface Window {
    extractLive?: (page: Document) => string;
  }
}

window.extractLive = (page) => JSON.stringify(extractPage(readPageTree(page), "live"));
window.extractAll = (pages) =>
  pages.map(([url, html]) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    return JSON.stringify(extractPage(readPageTree(page), url));
  });
