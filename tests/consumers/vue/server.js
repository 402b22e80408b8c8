// Draws the component on a server: there is no page, no worker and no storage, and nothing may be missed.
import { createSSRApp, h } from "vue";
import { renderToString } from "vue/server-renderer";
import { useSearch } from "inkling-search/vue";

function setup() {
  const { hits, isPending } = useSearch("tea", () => Promise.reject(new Error("opened on a server")));
  return () => h("p", `${hits.value.length} hits, ${isPending.value}`);
}

console.log(await renderToString(createSSRApp({ setup })));
