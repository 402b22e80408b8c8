import { createSearch } from "inkling-search";

const search = await createSearch({ name: "app" });
await search.add([
  {
    url: "/tea",
    title: "Tea",
    attributes: { kind: "drink" },
    text: "Pour boiling water over the leaves and wait for four minutes.",
  },
  {
    url: "/bike",
    title: "Bicycle",
    text: "Take the wheel off, find the hole in the inner tube and glue a patch on it.",
  },
]);
const answer = await search.query("how do I repair a flat tyre?");
const { hits: drinks } = await search.query("hot water", { where: { kind: "drink" } });
const { fallbacks } = await search.status();
const { added, warnings } = await search.addPage();
window.answer = {
  url: answer.hits[0]?.url,
  tier: answer.tier,
  drinks: drinks.map(({ url }) => url),
  fallbacks,
  page: [added, warnings[0]?.code],
};
