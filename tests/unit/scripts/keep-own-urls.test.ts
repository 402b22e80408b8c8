import { expect, test } from "vitest";
import { keepOwnUrls } from "../../../scripts/lib/keep-own-urls.mjs";

function minify(code: string): string {
  return code.replaceAll('"', "`").replaceAll(", ", ",");
}

function pass(code: string, change: (code: string) => string): string {
  const plugin = keepOwnUrls();
  const hidden = plugin.transform(code, "/repo/src/assets.ts")?.code ?? code;
  expect(hidden).not.toContain("import.meta.url");
  const bundle = { "index.js": { type: "chunk", code: change(hidden) } };
  plugin.generateBundle({}, bundle);
  return bundle["index.js"].code;
}

test("URLs beside the library come out of the minifier in the form that bundlers look for", () => {
  const code = 'new Worker(new URL("./worker.js", import.meta.url), {type: "module"})';
  expect(pass(code, minify)).toBe('new Worker(new URL("./worker.js",import.meta.url),{type:"module"})');
});

test("an address that is only read stays as it is", () => {
  expect(pass("const here = import.meta.url;", (code) => code)).toBe("const here = import.meta.url;");
});

test("packages are left alone", () => {
  expect(keepOwnUrls().transform("import.meta.url", "/repo/node_modules/x/index.js")).toBeNull();
});
