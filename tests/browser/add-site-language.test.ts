import { expect, test } from "vitest";
import { extractionVersion } from "../../src/extract/extract-page.ts";
import { context, crawl, give, openApp, reasons, useSite, type PageState } from "./harness/crawled-site.ts";
import { prose } from "./harness/site.ts";

useSite();

const sentences =
  "Die Bibliothek ist werktags von neun bis achtzehn Uhr geöffnet. Wer ein Buch ausleihen möchte, braucht einen Ausweis, " +
  "den man am Eingang bekommt. Bücher können drei Wochen behalten und einmal verlängert werden, wenn niemand wartet.";
const undeclared = prose("Öffnungszeiten", sentences).replace(' lang="en"', "");

/** Makes the notes on pages say that they have no document, by the rules of some version. */
function changeNotes(rules: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open("inkling:site");
    opening.onerror = () => reject(opening.error ?? new Error("not opened"));
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("crawl", "readwrite");
      transaction.oncomplete = () => resolve(opening.result.close());
      const cursors = transaction.objectStore("crawl").openCursor();
      cursors.onsuccess = () => {
        const cursor = cursors.result;
        if (cursor === null) return;
        if ("etag" in cursor.value) cursor.update({ ...cursor.value, rules, indexed: "", skipped: "as it was read" });
        cursor.continue();
      };
    };
  });
}

test("the language of a page that declares none is detected, by a file that is asked for then alone", async () => {
  const files: string[] = [];
  context.on("request", (request) => files.push(new URL(request.url()).pathname));
  give({ "/en": prose("Library", "It is open from nine to six."), "/de": undeclared });
  const page = await openApp();
  const isAsked = (): boolean => files.includes("/dist/worker-language.js");
  await crawl(page, ["/en"]);
  expect(isAsked()).toBe(false);
  expect(await crawl(page, ["/en", "/de"])).toMatchObject({ added: 1 });
  expect(isAsked()).toBe(true);
  const german = await page.evaluate(async () => {
    const { hits } = await (window as PageState).search!.query("Bibliothek", { where: { lang: "de" } });
    return hits.map(({ url, passages }) => [url.replace(location.origin, ""), passages[0]!.lang]);
  });
  expect(german).toEqual([["/de", "de"]]);
});

test("what is noted of a page counts as long as the page would be read by the same rules", async () => {
  give({ "/en": { headers: { etag: '"1"' }, body: prose("Library", "It is open from nine to six.") } });
  const page = await openApp();
  await crawl(page, ["/en"]);
  await page.evaluate(changeNotes, extractionVersion);
  expect(reasons((await crawl(page, ["/en"])).skipped)).toEqual({ "/en": "as it was read" });
  await page.evaluate(changeNotes, extractionVersion - 1);
  expect(await crawl(page, ["/en"])).toMatchObject({ unchanged: 1, skipped: [] });
});
