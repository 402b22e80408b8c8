import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { neural } from "../../../neural/neural.ts";
import { builtInNeuralModelId, findRegistryEntry, instantModelId, registry } from "../../../neural/registry.ts";
import { dtypes, fillPrompt } from "../../../neural/settings.ts";
import { builtInModelId } from "../../../src/built-in-model.ts";

describe("the registry", () => {
  test("names every model once, also by the last part of its id", () => {
    const names = registry.flatMap(({ id }) => [id, id.split("/").at(-1)]);
    expect(new Set(names).size).toBe(registry.length * 2 - registry.filter(({ id }) => !id.includes("/")).length);
  });

  test.each(registry.map((entry) => [entry.id, entry] as const))(
    "describes %s without a contradiction",
    (id, entry) => {
      expect(entry.dim).toBeGreaterThan(0);
      expect(entry.maxTokens).toBeGreaterThanOrEqual(128);
      expect(entry.dtypes.every((dtype) => dtypes.includes(dtype))).toBe(true);
      expect(entry.dtypes.length).toBeGreaterThan(0);
      expect(entry.matryoshkaDims ?? [entry.dim]).toEqual(
        (entry.matryoshkaDims ?? [entry.dim]).toSorted((a, b) => b - a),
      );
      expect((entry.matryoshkaDims ?? [entry.dim])[0]).toBe(entry.dim);
      expect(findRegistryEntry(id)).toBe(entry);
      if (entry.repository !== undefined) expect(findRegistryEntry(entry.repository)).toBe(entry);
    },
  );

  test.for([
    [instantModelId, "config.json"],
    [builtInNeuralModelId, "inkling.json"],
  ] as const)("says of %s what its own file says", ([id, file], context) => {
    const path = new URL(`../../../public/models/${id}/${file}`, import.meta.url);
    if (!existsSync(path)) return context.skip(`the model ${id} is not here`);
    const own = JSON.parse(readFileSync(path, "utf8")) as object;
    const { kind, dim, matryoshkaDims, maxTokens, languages, licence } = findRegistryEntry(id)!;
    expect(own).toMatchObject({ id, kind, dim, matryoshkaDims, maxTokens, languages, licence });
  });

  test("has the instant model by the name that the library gives it", () => {
    expect(instantModelId).toBe(builtInModelId);
  });

  test("has it for information: the search runs it by itself, and no neural worker can", () => {
    expect(() => neural(instantModelId)).toThrow(/found "inkling-instant-v1".*createSearch/);
  });

  test("knows nothing of other models", () => {
    expect(findRegistryEntry("someone/gte-small-finetuned")).toBeUndefined();
    expect(findRegistryEntry("someone/gte-small")).toBeUndefined();
    expect(findRegistryEntry("")).toBeUndefined();
  });
});

describe("a prompt", () => {
  test.each([
    ["title: {title|none} | text: ", "Tea", "title: Tea | text: "],
    ["title: {title|none} | text: ", "", "title: none | text: "],
    ["{title}: ", "$& {title}", "$& {title}: "],
    ["query: ", "Tea", "query: "],
  ])("%j with the title %j is %j", (prompt, title, expected) => {
    expect(fillPrompt(prompt, title)).toBe(expected);
  });
});
