import { describe, expect, test } from "vitest";
import { findRegistryEntry, registry } from "../../../neural/registry.ts";
import { dtypes, fillPrompt } from "../../../neural/settings.ts";

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
