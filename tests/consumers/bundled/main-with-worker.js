import { createSearch } from "inkling-search";

const startWorker = () => new Worker(new URL("inkling-search/worker", import.meta.url), { type: "module" });
const search = await createSearch({ name: "app", worker: startWorker });
await search.add([
  { url: "/tea", title: "Tea", attributes: { kind: "drink" }, text: "Pour boiling water over the leaves." },
]);
const { hits } = await search.query("hot water", { where: { kind: "drink" } });
window.answer = { drinks: hits.map(({ url }) => url), fallbacks: (await search.status()).fallbacks };
