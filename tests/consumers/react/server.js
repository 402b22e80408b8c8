// Draws the component on a server: there is no page, no worker and no storage, and nothing may be missed.
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { useSearch } from "inkling-search/react";

function Finder() {
  const { hits, isPending } = useSearch("tea", () => Promise.reject(new Error("opened on a server")));
  return createElement("p", null, `${hits.length} hits, ${isPending}`);
}

console.log(renderToString(createElement(Finder)));
