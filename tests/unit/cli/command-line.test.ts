import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../cli/main.ts";
import { findModelFolder } from "../../../cli/model-folder.ts";
import { createTerminal } from "../../../cli/terminal.ts";
import { builtInModelId } from "../../../src/built-in-model.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { captureTerminal } from "./capture-terminal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = captureTerminal();
  const code = await runCommandLine(args, terminal);
  return { code, out: terminal.out(), error: terminal.error() };
}

describe("help", () => {
  test.each([["--help"], ["-h"], ["build", "--help"], ["query", "-h"], ["eval", "--collection", "x", "--help"]])(
    "%s %s",
    async (...args) => {
      const { code, out, error } = await run(...args);
      expect({ code, error }).toEqual({ code: 0, error: "" });
      expect(out).toMatch(/^Usage: inkling /);
    },
  );

  test("names the exit codes and every command", async () => {
    const { out } = await run("--help");
    for (const word of ["build", "query", "eval", "Exit codes: 0 done, 1 unexpected failure, 2 wrong usage"])
      expect(out).toContain(word);
  });
});

test("the version is the package's", async () => {
  expect(await run("--version")).toEqual({ code: 0, out: `${packageJson.version}\n`, error: "" });
});

describe("wrong usage ends with code 2 and says what was found", () => {
  test.each([
    ["no command", [], /^Usage:/],
    ["a mistyped command", ["bild"], /^Unknown command "bild"\. Did you mean "build"\?/],
    ["an unknown command", ["publish"], /^Unknown command "publish"\.\n/],
    ["a name every object has", ["constructor"], /^Unknown command "constructor"/],
    ["build without a folder", ["build"], /takes one folder, found 0/],
    ["build of two folders", ["build", "a", "b"], /takes one folder, found 2/],
    ["build of a folder that is not there", ["build", "/not/there"], /"\/not\/there", which does not exist/],
    [
      "a mistyped option",
      ["build", ".", "--inlcude", "x"],
      /no option --inlcude\. Did you mean --include\? Add --help/,
    ],
    ["an unknown option", ["build", ".", "--verbose"], /no option --verbose\. Add --help/],
    ["a short option", ["build", ".", "-o", "x"], /no option -o\. Add --help/],
    ["an option without its value", ["query", "x", "--limit"], /--limit/],
    ["query without an index", ["query"], /takes the folder of an index/],
    ["query without a text", ["query", "x"], /one text in quotes, or --queries; found 0/],
    ["query of words without quotes", ["query", "x", "two", "words"], /found 2/],
    ["a limit below 0", ["query", "x", "y", "--limit=-1"], /limit is "-1", expected an integer of 0 or more/],
    ["a limit that is no number", ["query", "x", "y", "--limit", "ten"], /limit is "ten"/],
    [
      "an unknown mode",
      ["query", "x", "y", "--mode", "magic"],
      /mode is "magic", expected one of: words, dense, hybrid/,
    ],
    [
      "queries that are not there",
      ["query", "x", "--queries", "/not/there"],
      /"\/not\/there" cannot be read \(ENOENT\)/,
    ],
    ["eval without a collection", ["eval"], /at least one --collection/],
    ["eval with a stray argument", ["eval", "x"], /no argument "x"/],
    ["eval of a collection that is not there", ["eval", "--collection", "/not/there"], /corpus\.jsonl" cannot be read/],
    [
      "a comparison of a mode with itself",
      ["eval", "--collection", "x", "--mode", "words", "--compare", "words"],
      /named twice/,
    ],
  ] as const)("%s", async (_, args, message) => {
    const { code, out, error } = await run(...args);
    expect(error).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  test("a file as folder", async () => {
    const file = join(folder, "a.html");
    await writeFile(file, "x");
    expect((await run("build", file)).error).toMatch(/which is not a folder/);
  });

  test("a missing index, with the command that makes one, in one line", async () => {
    const { code, out, error } = await run("query", join(folder, "none"), "text", "--json");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(/^inkling: There is no index in ".*none".*inkling build .*\(index\/missing\)\n$/);
  });

  test.each([
    ["nonsense", "{not json", /index\/format/],
    ["a manifest of a newer format", '{"format":99,"analysis":99,"generation":1,"segments":[]}', /index\/newer-format/],
  ])("an index with %s", async (_, manifest, message) => {
    await writeFile(join(folder, "manifest.json"), manifest);
    const { code, error } = await run("query", folder, "text");
    expect(error).toMatch(message);
    expect(code).toBe(2);
  });

  test("a line of queries that is none, with its number", async () => {
    const queries = join(folder, "q.jsonl");
    await writeFile(queries, '{"text":"a"}\n\n{"question":"b"}\n');
    const { code, error } = await run("query", folder, "--queries", queries);
    expect(error).toMatch(/q\.jsonl:3 has no query/);
    expect(code).toBe(2);
  });
});

describe("terminal", () => {
  test("progress appears only where stderr is a terminal, and is wiped before a line", () => {
    let out = "";
    let error = "";
    let time = 0;
    const terminal = createTerminal(
      { write: (text) => (out += text) },
      { isTTY: true, write: (text) => (error += text) },
      () => time,
    );
    terminal.showProgress("one");
    terminal.showProgress("too soon");
    time = 200;
    terminal.showProgress("two");
    terminal.print("done");
    expect(error).toBe("\r\u001b[2Kone\r\u001b[2Ktwo\r\u001b[2K");
    expect(out).toBe("done\n");
    const silent = captureTerminal();
    silent.showProgress("never");
    expect(silent.error()).toBe("");
  });
});

describe("built-in model", () => {
  test("is the one whose files the page names for bundlers", async () => {
    const source = await readFile(new URL("../../../src/assets.ts", import.meta.url), "utf8");
    const named = [...source.matchAll(/new URL\("\.\/models\/([^/"]+)\//g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(2);
    expect(new Set(named)).toEqual(new Set([builtInModelId]));
  });

  test("is found beside the bundle, else in the repository", async () => {
    const bundle = `file://${folder}/dist/cli.js`;
    expect(findModelFolder(bundle)).toBe(join(folder, "public/models", builtInModelId));
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(folder, "dist/models", builtInModelId), { recursive: true });
    expect(findModelFolder(bundle)).toBe(join(folder, "dist/models", builtInModelId));
  });
});
