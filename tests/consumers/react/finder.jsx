import { useSearch } from "inkling-search/react";
import { useState } from "react";
import { openRecipes } from "./open-recipes.js";

export function Finder() {
  const [text, setText] = useState("");
  const { hits, answer, isPending, error } = useSearch(text, openRecipes, { limit: 3 });
  return (
    <section>
      <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
      <ol>
        {hits.map((hit) => (
          <li key={hit.url}>{hit.title}</li>
        ))}
      </ol>
      <output>{error ? String(error) : isPending ? "searching" : (answer?.tier ?? "ready")}</output>
    </section>
  );
}
