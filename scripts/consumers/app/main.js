import { createSearch } from "inkling-search";

const search = await createSearch({ name: "app" });
await search.add([
  { url: "/tea", title: "Tea", text: "Pour boiling water over the leaves and wait for four minutes." },
]);
const { hits } = await search.query("a hot drink");
document.title = hits[0]?.title ?? "nothing";
