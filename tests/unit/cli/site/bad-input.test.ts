import { execFile, spawnSync } from "node:child_process";
import { chmod, chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { root } from "../../../../scripts/lib/paths.mjs";
import { pieceName, piecePath } from "../../../../src/core/pieces/piece-name.ts";
import { tinyModels } from "../neural/tiny-models.ts";
import { build, findByWords, findHits, readFolder, type Report, run, useSiteFolders, writePage } from "./site-kit.ts";

const folders = useSiteFolders();

/** Writes some pages beside a sound one, and builds. Whatever the others are, the sound one must be found. */
async function buildWith(pages: Readonly<Record<string, string | Uint8Array>>, threads = "0"): Promise<Report> {
  await writePage(folders.site, "sound.html", "<title>Sound</title><p>A page about lighthouses.</p>");
  for (const [path, content] of Object.entries(pages)) await writePage(folders.site, path, content);
  const report = await build(folders.site, folders.index, "--threads", threads);
  expect(await findByWords(folders.index, "lighthouses")).toEqual(["sound.html"]);
  return report;
}

const find = (text: string): Promise<string[]> => findByWords(folders.index, text);

describe("broken HTML", () => {
  test.each<[string, string | Uint8Array]>([
    ["tags that are never closed", "<html><head><title>T</title><body><h1>Head<p>zebra <b><i>and <table><tr><td>more"],
    ["tags closed in the wrong order", "<p><b><i>zebra</b></i></p></div></table></html></p>"],
    ["an attribute without an end", '<p>zebra</p><a href="x>never closed'],
    ["a file cut off within a tag", "<p>zebra</p><p cla"],
    ["a file cut off within a comment", "<p>zebra</p><!-- and then"],
    ["a script without an end", "<p>zebra</p><script>var p = '<p>'"],
    ["entities that are none", "<p>&#xD800; &#99999999; &bogus; &amp zebra &"],
    ["NUL and control characters", "<title>\0</title><p>\0zebra\u0001\u0008\u007f</p>"],
    ["elements nested 40,000 deep", `${"<div><b>".repeat(20_000)}zebra`],
    ["100,000 attributes", `<p ${Array.from({ length: 100_000 }, (_, i) => `a${i}=b`).join(" ")}>zebra`],
    ["no markup at all", "zebra"],
    [
      "bytes of a picture, and a word",
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff, 0xfe, 0xd8, ...Buffer.from(" <p>zebra</p>")]),
    ],
  ])("is read as far as it goes: %s", async (_, content) => {
    const { skipped, added } = await buildWith({ "broken.html": content });
    expect([skipped, added]).toEqual([[], 2]);
    expect(await find("zebra")).toEqual(["broken.html"]);
  });
});

describe("Markdown that is none", () => {
  test.each([
    ["front matter without an end", "---\ntitle: T\n# Head\n\nzebra"],
    ["front matter that is no YAML", "---\ntitle: [a\n\t- {\n---\n\nzebra"],
    ["50,000 brackets", `${"[".repeat(50_000)}x${"](y)".repeat(50_000)}\n\nzebra`],
    ["a table without rows, and a fence without an end", "| a |\n|--\n\n```js\nzebra"],
  ])("is read as far as it goes: %s", async (_, content) => {
    expect((await buildWith({ "odd.md": content })).skipped).toEqual([]);
    expect(await find("zebra")).toEqual(["odd.md"]);
  });

  test("that no parser gets through is left out with the reason, and does not end the build", async () => {
    const { skipped } = await buildWith({
      "quotes.md": `${"> ".repeat(20_000)}zebra`,
      "list.md": Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i * 2)}- zebra`).join("\n"),
    });
    expect(skipped).toEqual([
      { url: "list.md", reason: "a list of more than 200 levels" },
      { url: "quotes.md", reason: expect.stringMatching(/^cannot be parsed \(RangeError: .*\)$/) as string },
    ]);
  });

  test("unclosed JSX in MDX", async () => {
    expect(
      (await buildWith({ "odd.mdx": 'import x from "y"\n\n<A b={c => { return <d/> }}>zebra\n\n{open' })).skipped,
    ).toEqual([]);
    expect(await find("zebra")).toEqual(["odd.mdx"]);
  });
});

test("charsets are told by mark, by the page, and by the bytes where the page is wrong", async () => {
  const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  await buildWith({
    "bom.html": Buffer.from("\ufeff<p>маяк по-русски</p>", "utf16le"),
    "meta.html": latin1("<meta charset=windows-1251><p>\xec\xe0\xff\xea one"),
    "wrong.html": latin1("<meta charset=utf-8><p>caf\xe9 at the pier"),
    "unknown.html": Buffer.from("<meta charset=klingon><p>naïve sailors"),
    "big5.html": Buffer.concat([latin1("<meta charset=big5><p>"), Uint8Array.of(0xbf, 0x4f, 0xb6, 0xf0)]),
  });
  expect((await find("маяк")).toSorted()).toEqual(["bom.html", "meta.html"]);
  expect(await find("café")).toEqual(["wrong.html"]);
  expect(await find("naïve")).toEqual(["unknown.html"]);
  expect(await find("燈塔")).toEqual(["big5.html"]);
});

test("a page of 50 MB of text and a file of 65 MB are left out, with their sizes; one of 50 MB of markup is read", async () => {
  const comment = `<!-- ${"x".repeat(990)} -->\n`;
  const { skipped } = await buildWith({
    "long.html": `<p>${"Many words about one thing. ".repeat(1_800_000)}</p>`,
    "huge.html": `<p>zebra</p>${comment.repeat(68_000)}`,
    "markup.html": `<p>zebra</p>${comment.repeat(50_000)}`,
  });
  expect(skipped.map(({ url }) => url)).toEqual(["huge.html", "long.html"]);
  expect(skipped[0]!.reason).toBe(`too large (${12 + comment.length * 68_000} bytes, allowed are 67108864)`);
  expect(skipped[1]!.reason).toMatch(/^too long \(\d{8} characters, allowed are 10000000\)$/);
  expect(await find("zebra")).toEqual(["markup.html"]);
}, 60_000);

test("a page without a title has its first heading, or none; an empty page is left out by name", async () => {
  const { skipped } = await buildWith({
    "heading.html": "<h1>Signals</h1><p>zebra</p>",
    "bare.html": "<p>zebra</p>",
    "blank.html": "<title> </title><p>zebra</p>",
    "empty.html": "",
    "only-menu.html": "<title>T</title><nav>zebra</nav>",
  });
  const hits = await findHits(folders.index, "zebra", "--mode", "words");
  expect(new Map(hits.map(({ url, title }) => [url, title]))).toEqual(
    new Map([
      ["heading.html", "Signals"],
      ["bare.html", ""],
      ["blank.html", ""],
    ]),
  );
  expect(skipped).toEqual([
    { url: "empty.html", reason: "no text" },
    { url: "only-menu.html", reason: "no text" },
  ]);
});

test("links in a circle and links to nowhere are named", async () => {
  await writePage(folders.site, "deep/a.html", "<p>zebra</p>");
  await symlink("..", join(folders.site, "deep/up"));
  await symlink("deep", join(folders.site, "again"));
  await symlink("round.html", join(folders.site, "round.html"));
  await symlink("gone.html", join(folders.site, "lost.html"));
  const { skipped, pages } = await buildWith({});
  expect(pages).toBe(4);
  expect(skipped).toEqual([
    { url: "lost.html", reason: "cannot be read (ENOENT)" },
    { url: "round.html", reason: "cannot be read (ELOOP)" },
  ]);
  expect(await find("zebra")).toEqual(["deep/a.html"]);
});

/** Why another user where it is root who runs the tests: root may read everything. */
const reader = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The built command line, in a process of its own that is no root. */
async function runAsUser(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const options = { ...reader, maxBuffer: 1 << 24 };
  return promisify(execFile)(process.execPath, [join(root, "dist/cli.js"), ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
    (failure: { code: number; stdout: string; stderr: string }) => ({
      code: failure.code,
      out: failure.stdout,
      error: failure.stderr,
    }),
  );
}

describe.skipIf(process.platform === "win32")("what may not be read", () => {
  async function writeSite(): Promise<void> {
    await writePage(folders.site, "open.html", "<p>A page about lighthouses.</p>");
    await writePage(folders.site, "closed.html", "<p>zebra</p>");
    await writePage(folders.site, "private/x.html", "<p>zebra</p>");
    await mkdir(folders.index);
    if (reader.uid !== undefined)
      for (const path of [folders.folder, folders.index]) await chown(path, reader.uid, reader.gid);
  }

  test("a page: it is left out by name, and the others are found", async () => {
    await writeSite();
    await chmod(join(folders.site, "closed.html"), 0);
    const { code, out, error } = await runAsUser("build", folders.site, "--out", folders.index, "--json");
    expect([code, error]).toEqual([0, ""]);
    expect((JSON.parse(out) as Report).skipped).toEqual([{ url: "closed.html", reason: "cannot be read (EACCES)" }]);
    expect(await find("lighthouses")).toEqual(["open.html"]);
    expect(await find("zebra")).toEqual(["private/x.html"]);
  });

  test("a folder: the build ends before it takes its pages out of the index, unless they are excluded", async () => {
    await writeSite();
    await chmod(join(folders.site, "private"), 0);
    try {
      const refused = await runAsUser("build", folders.site, "--out", folders.index);
      expect(refused.error).toContain(`The folder "${join(folders.site, "private")}" cannot be read (EACCES)`);
      expect(refused.error).toContain('leave it out: --exclude "private/**"');
      expect([refused.code, await readdir(folders.index)]).toEqual([2, []]);
      const built = await runAsUser("build", folders.site, "--out", folders.index, "--exclude", "private/**");
      expect([built.code, built.error]).toEqual([0, ""]);
      expect(await find("zebra")).toEqual(["closed.html"]);
    } finally {
      await chmod(join(folders.site, "private"), 0o700);
    }
  });

  test("the folder of the index: the build ends with its name", async () => {
    await writeSite();
    await chmod(folders.index, 0o500);
    const { code, error } = await runAsUser("build", folders.site, "--out", folders.index);
    expect(error).toMatch(new RegExp(`${folders.index}.*\\(storage/unavailable\\)`, "s"));
    expect(code).toBe(1);
  });
});

/** Whether a file system of a given size can be had, without being root: in a namespace of our own, which ends with its process. */
function canMount(): boolean {
  return spawnSync("unshare", ["-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]).status === 0;
}

const isMountable = canMount();
if (!isMountable)
  console.log("Skipped: a full disk. No small file system can be mounted here (unshare -rm, mount -t tmpfs).");

describe.skipIf(!isMountable)("a disk that is full in the middle of a build", () => {
  /** Builds on a disk of 1,200 kB, first a few pages, then many more, then the few again; copies out what there is in between. */
  const script = `set -eu
mount -t tmpfs -o size=1200k tmpfs "$DISK"
$BUILD "$FEW" --out "$DISK/index" >/dev/null
cp -r "$DISK/index" "$COPIES/before"
$BUILD "$MANY" --out "$DISK/index" >"$COPIES/out" 2>"$COPIES/error" && echo 0 >"$COPIES/code" || echo $? >"$COPIES/code"
cp -r "$DISK/index" "$COPIES/after"
$BUILD "$FEW" --out "$DISK/index" --json >"$COPIES/again"`;

  /** Runs a script with a folder of one page, one of many more, and folders for the disk and for copies of what is on it. */
  async function runOnSmallDisk(
    script: string,
    pages: number,
  ): Promise<{ disk: string; copies: string; read: (name: string) => Promise<string> }> {
    const [few, many, copies, disk] = ["few", "many", "copies", "disk"].map((name) => join(folders.folder, name));
    await writePage(few!, "a.html", "<p>A page about lighthouses.</p>");
    await cp(few!, many!, { recursive: true });
    const line = (i: number): string =>
      Array.from({ length: 150 }, (_, k) => `w${(i * 151 + k * 7919) % 99_991}`).join(" ");
    for (let i = 0; i < pages; i++) await writePage(many!, `${i}.html`, `<p>${line(i)}.</p>`);
    for (const path of [copies!, disk!]) await mkdir(path);
    await writeFile(join(folders.folder, "run.sh"), script);
    const paths = {
      FEW: few,
      MANY: many,
      COPIES: copies,
      DISK: disk,
      // Why not the built-in model: its table is thousands of blocks.
      TINY: `--model ${join(tinyModels, "tiny-static")}`,
      BUILD: `${process.execPath} ${join(root, "dist/cli.js")} build`,
    };
    await promisify(execFile)("unshare", ["-rm", "sh", join(folders.folder, "run.sh")], {
      env: { ...process.env, ...paths },
    });
    return { disk: disk!, copies: copies!, read: (name) => readFile(join(copies!, name), "utf8") };
  }

  test("the build names the disk and the remedy, the old index stays to the byte, and the next build goes through", async () => {
    const { disk, copies, read } = await runOnSmallDisk(script, 800);
    expect(await read("code")).toBe("1\n");
    expect(await read("error")).toMatch(/ENOSPC.*Free space and try again\. \(storage\/quota\)/s);
    expect(await read("error")).toContain(join(disk, "index"));
    expect(await readFolder(join(copies, "after"))).toEqual(await readFolder(join(copies, "before")));
    expect(await findByWords(join(copies, "after"), "lighthouses")).toEqual(["a.html"]);
    expect(JSON.parse(await read("again"))).toMatchObject({ added: 0, unchanged: 1, skipped: [] });
  }, 60_000);

  /** Builds a few pages in pieces, then many without; fills the disk but for 200 kB, writes these in pieces, and again with room. */
  const piecesScript = `set -eu
mount -t tmpfs -o size=64m tmpfs "$DISK"
$BUILD "$FEW" --out "$DISK/index" $TINY --pieces >/dev/null
cp -r "$DISK/index" "$COPIES/before"
$BUILD "$MANY" --out "$DISK/index" $TINY >/dev/null
head -c 200000 /dev/zero >"$DISK/spare"
cat /dev/zero >"$DISK/filler" 2>/dev/null || true
rm "$DISK/spare"
$BUILD "$MANY" --out "$DISK/index" $TINY --pieces >"$COPIES/out" 2>"$COPIES/error" && echo 0 >"$COPIES/code" || echo $? >"$COPIES/code"
cp -r "$DISK/index" "$COPIES/after"
rm "$DISK/filler"
$BUILD "$MANY" --out "$DISK/index" $TINY --pieces >/dev/null
cp -r "$DISK/index" "$COPIES/again"`;

  test("while blocks of an index in pieces are written: the one that visitors load stays whole, and no block stays cut short", async () => {
    const { copies, read } = await runOnSmallDisk(piecesScript, 400);
    expect(await read("code")).toBe("1\n");
    expect(await read("error")).toMatch(
      /could not store blocks: ENOSPC.*Free space and try again\. \(storage\/quota\)/s,
    );
    expect(await read("after/inkling-pieces.json")).toBe(await read("before/inkling-pieces.json"));
    const left = await readFolder(join(copies, "after"));
    for (const [path, content] of Object.entries(await readFolder(join(copies, "before/pieces"))))
      expect(left[`/pieces${path}`], path).toEqual(content);
    expect(await read("again/inkling-pieces.json")).not.toBe(await read("before/inkling-pieces.json"));
    const names = (await readdir(join(copies, "again/pieces"), { recursive: true })).filter((name) =>
      name.endsWith(".bin"),
    );
    expect(names.length).toBeGreaterThan(100);
    for (const path of names)
      expect(piecePath(pieceName(await readFile(join(copies, "again/pieces", path))))).toBe(`pieces/${path}`);
  }, 240_000);
});

test("a page that becomes unreadable loses its place, one that is whole again gets it back", async () => {
  await buildWith({ "a.html": "<p>zebra</p>" });
  await rm(join(folders.site, "a.html"));
  await symlink("nowhere", join(folders.site, "a.html"));
  expect((await build(folders.site, folders.index)).skipped).toEqual([
    { url: "a.html", reason: "cannot be read (ENOENT)" },
  ]);
  expect(await find("zebra")).toEqual([]);
  await rm(join(folders.site, "a.html"));
  await writePage(folders.site, "a.html", "<p>zebra</p>");
  expect(await build(folders.site, folders.index)).toMatchObject({ added: 1, skipped: [] });
  expect(await find("zebra")).toEqual(["a.html"]);
});

test("an index with a damaged text is built anew where that text is needed, and the build says so", async () => {
  await buildWith({ "a.html": "<p>zebra</p>" });
  const blocks = join(folders.index, "blocks");
  for (const name of await readdir(blocks)) if (name.includes("~text-")) await writeFile(join(blocks, name), "short");
  await writePage(folders.site, "a.html", "<p>zebras</p>");
  const { code, error } = await run("build", folders.site, "--out", folders.index);
  expect({ code, error }).toMatchObject({ code: 0, error: expect.stringContaining("is damaged and is built anew") });
  expect(await find("zebras")).toEqual(["a.html"]);
  expect(await find("lighthouses")).toEqual(["sound.html"]);
});

test("hostile pages are left out alike by threads and without", async () => {
  const pages = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`n/${i}.html`, `<p>Number ${i}.</p>`]));
  const { skipped } = await buildWith({ ...pages, "quotes.md": `${"> ".repeat(20_000)}zebra` }, "2");
  expect(skipped.map(({ url }) => url)).toEqual(["quotes.md"]);
  const { out } = await run("build", folders.site, "--out", folders.index);
  expect(out).toContain("  quotes.md: cannot be parsed (RangeError");
});
