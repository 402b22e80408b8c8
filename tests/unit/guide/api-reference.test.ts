import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Declaration, readEntry } from "../../../scripts/lib/api-declarations.mjs";
import { writeApiPage } from "../../../scripts/lib/api-markdown.mjs";
import { makeApiPages } from "../../../scripts/lib/api-pages.mjs";

const guide = fileURLToPath(new URL("../../../docs/guide/", import.meta.url));

describe("the pages of the API reference", () => {
  test("are what the declarations of the build say: `node scripts/api-reference.mjs` writes them anew", () => {
    const pages = makeApiPages();
    const written = readdirSync(guide).filter((file) => /^api(?:-\w+)?\.md$/.test(file));
    expect(written.toSorted()).toEqual([...pages.keys()].toSorted());
    for (const [file, text] of pages) expect(readFileSync(guide + file, "utf8"), file).toBe(text);
  });

  test("have a heading for every public name of the package", () => {
    const { values, types } = JSON.parse(readFileSync(new URL("../../exports.json", import.meta.url), "utf8")) as {
      values: string[];
      types: string[];
    };
    const headings = readFileSync(`${guide}api.md`, "utf8").match(/^### .+$/gm);
    expect(headings).toEqual(expect.arrayContaining([...values, ...types].map((name) => `### ${name}`)));
  });
});

describe("readEntry", () => {
  let folder: string;
  let declarations: Map<string, Declaration>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "api-"));
    const files = {
      "index.d.ts":
        'import { Shape } from "./shapes.js";\nexport { Shape };\nexport { measure, type Options, type Unit as Length } from "./measure.js";\n',
      "shapes.d.ts":
        "/** A form. */\nexport declare class Shape {\n  #secret;\n  private other;\n  /** Its name. */\n  readonly name: string;\n" +
        "  /** @internal */\n  hidden(): void;\n  /** Area in cm². */\n  get area(): number;\n  set area(value: number);\n  constructor();\n}\n",
      "measure.d.ts":
        "interface Base {\n  /** Steps, at least 1. */\n  readonly steps: number;\n}\n/** How. */\nexport type Options = Base & { readonly exact?: boolean };\n" +
        '/** In what. */\nexport type Unit = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m";\n' +
        "/**\n * Measures <things>.\n *\n * @param text - what; may be `<empty>`.\n * @throws {RangeError} if not.\n */\n" +
        "export declare function measure(text: string): number;\nexport declare function measure(text: number): number;\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    declarations = new Map(readEntry(join(folder, "index.d.ts")).map((each) => [each.name, each]));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test("finds what an entry gives away, under its public name, wherever it is declared", () => {
    expect([...declarations].map(([name, { kind, isType }]) => [name, kind, isType])).toEqual([
      ["Length", "type", true],
      ["Options", "type", true],
      ["Shape", "class", false],
      ["measure", "function", false],
    ]);
  });

  test("leaves private and internal members out, and lists a pair of accessors once", () => {
    const members = declarations.get("Shape")!.members.map(({ signature, comment }) => [signature, comment.text]);
    expect(members).toEqual([
      ["name: string", "Its name."],
      ["area: number", "Area in cm²."],
    ]);
  });

  test("explains what a public type is made of and nobody can import", () => {
    const { parts } = declarations.get("Options")!;
    expect(parts.map(({ name, members }) => [name, members[0]?.comment.text])).toEqual([
      ["Base", "Steps, at least 1."],
    ]);
  });

  test("keeps overloads together, and shortens long lists of words", () => {
    expect(declarations.get("measure")!.signature.split("\n")).toHaveLength(2);
    expect(declarations.get("Length")!.signature).toBe('type Unit = "a" | "b" | "c" | … // 13 in all');
  });

  test("becomes Markdown in which no text of a comment is taken for HTML", () => {
    const page = writeApiPage([{ specifier: "pkg", declarations: [...declarations.values()] }], {
      title: "T",
      description: "D",
      order: 1,
    });
    expect(page).toContain("Measures \\<things>.");
    expect(page).toContain("- `text`: what; may be `<empty>`.\n- Throws: `RangeError` if not.");
    expect(page).toContain('import { Shape, measure } from "pkg";');
  });
});
