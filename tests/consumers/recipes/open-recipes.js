import { createSearch } from "inkling-search";

const recipes = [
  { url: "/tea", title: "Tea", text: "Pour boiling water over the leaves and wait for four minutes." },
  {
    url: "/bike",
    title: "Bicycle",
    text: "Take the wheel off, find the hole in the inner tube and glue a patch on it.",
  },
];

export async function openRecipes(signal) {
  const search = await createSearch({ name: "recipes", signal });
  await search.add(recipes, { signal });
  return search;
}
