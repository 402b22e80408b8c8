import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPage as readFilePage } from "../../../cli/site/read-page.ts";
import { readLivePage } from "../../../crawl/live-page.ts";
import { readPage } from "../../../crawl/read-page.ts";
import type { PageDocument } from "../../../src/extract/extract-page.ts";
import { parseHtml } from "../../../src/extract/parse-html.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));

const german = `<title>Öffnungszeiten</title><main><h1>Öffnungszeiten</h1><p>Die Bibliothek ist werktags von neun bis achtzehn Uhr
  geöffnet. Wer ein Buch ausleihen möchte, braucht einen Ausweis, den man am Eingang bekommt. Bücher können drei Wochen
  behalten und einmal verlängert werden, wenn niemand darauf wartet.</p></main>`;

/** Pages that declare no language, or several, or one that is not that of their text. */
const pages: Readonly<Record<string, string>> = {
  "german.html": german,
  "declared.html": `<html lang="da">${german}</html>`,
  "short.html": "<title>Kurz</title><p>Zu kurz, um es zu sagen.</p>",
  "part.html": `${german.replace("</main>", '<blockquote lang="fr"><p>Il est fermé le dimanche.</p></blockquote></main>')}`,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-crawl-"));
  for (const [name, html] of Object.entries(pages)) await writeFile(join(folder, name), html);
  const found = await readdir(fixtures, { recursive: true });
  for (const path of found.filter((each) => /^(site|extraction)\/.*\.html$/.test(each)))
    await writeFile(join(folder, path.replaceAll("/", "-")), await readFile(join(fixtures, path)));
});

afterAll(() => rm(folder, { recursive: true }));

/** What a build and a crawl agree on: the anchors that a build makes for headings without one are its own. */
function comparable(document: PageDocument | undefined): unknown {
  if (document === undefined) return undefined;
  return { ...document, url: "", sections: document.sections.map((section) => ({ ...section, anchor: "" })) };
}

async function readBoth(name: string): Promise<{ built: PageDocument | undefined; crawled: PageDocument | undefined }> {
  const { document: built } = await readFilePage(folder, { path: name }, "");
  const bytes = await readFile(join(folder, name));
  const { page } = await readPage(bytes, "text/html", new URL(`https://example.org/${name}`), false);
  return { built, crawled: "skipped" in page ? undefined : page.document };
}

describe("a page that a crawl reads", () => {
  test.each([
    ["german.html", "de"],
    ["declared.html", "da"],
    ["short.html", undefined],
    ["part.html", "de"],
  ])("has the language that a build gives it: %s is %s", async (name, lang) => {
    const { built, crawled } = await readBoth(name);
    expect([built!.lang, crawled!.lang]).toEqual([lang, lang]);
  });

  test("is the document that a build makes of it", async () => {
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      const { built, crawled } = await readBoth(name);
      expect(comparable(crawled), name).toEqual(comparable(built));
    }
  });

  test("has the same language where it is read live", async () => {
    const live = await readLivePage(parseHtml(german), "https://example.org/german.html");
    expect(live).toMatchObject({ document: { lang: "de" } });
  });
});
