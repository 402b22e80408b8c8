import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { registry } from "../../../neural/registry.ts";
import { listTinyModels, tinyModels } from "../cli/neural/tiny-models.ts";

const page = readFileSync(new URL("../../../docs/guide/choosing-a-model.md", import.meta.url), "utf8");

const section = /^## Models whose settings are known$([\s\S]*?)^## /m.exec(page)?.[1] ?? "";

/** Cells of the table's row of each model, by its id. */
const rows = new Map(
  [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, id, cells]) => [
    id!,
    cells!.split("|").map((cell) => cell.trim()),
  ]),
);

function describePrompts({ query = "", document = "" }: { query?: string; document?: string } = {}): string {
  if (query !== "" && document !== "") return "both";
  return query !== "" ? "query" : document !== "" ? "document" : "none";
}

describe("the guide's table of models", () => {
  test("has every model of the registry", () => {
    expect([...rows.keys()].toSorted()).toEqual(registry.map(({ id }) => id).toSorted());
  });

  test.each(registry.map((entry) => [entry.id, entry] as const))("says of %s what the registry says", (id, entry) => {
    const [languages, dims, reads, prompts, pooling, licence] = rows.get(id)!;
    const shorter = (entry.matryoshkaDims ?? []).filter((dim) => dim < entry.dim);
    expect(languages).toBe(entry.languages === "many" ? "many" : "English");
    expect(dims).toBe([entry.dim, ...(shorter.length > 0 ? [shorter.join(", ")] : [])].join(": "));
    expect(reads).toBe(`${entry.maxTokens} tokens`);
    expect(prompts).toBe(describePrompts(entry.prompts));
    expect(pooling).toBe(
      entry.kind === "static" ? "mean of rows" : entry.pooling === "none" ? "in the model" : entry.pooling,
    );
    expect(licence).toBe(entry.licence);
  });

  test("names only tiny models that there are, and that were made for a model of this form", () => {
    const named = [...rows.values()]
      .map((cells) => /^`(tiny-[\w-]+)`$/.exec(cells.at(-1)!)?.[1])
      .filter((name) => name !== undefined);
    expect(named, "all but the one that is tested with its weights").toHaveLength(registry.length - 1);
    for (const [id, cells] of rows) {
      const name = /^`(tiny-[\w-]+)`$/.exec(cells.at(-1)!)?.[1];
      if (name === undefined) continue;
      expect(listTinyModels()).toContain(name);
      const golden = JSON.parse(readFileSync(join(tinyModels, name, "golden.json"), "utf8")) as { standsFor: string[] };
      expect(golden.standsFor).toContain(id.slice(id.lastIndexOf("/") + 1));
    }
  });
});
