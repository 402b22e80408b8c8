import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { version } from "../../../src/version.ts";

test("the scripts know the release that they belong to", async () => {
  const file = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  expect(version).toBe((JSON.parse(file) as { version: string }).version);
});
