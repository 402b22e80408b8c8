import { expect, test } from "vitest";
import { crawl, find, give, openApp, sitemap, useSite } from "./harness/crawled-site.ts";
import { type SitePage } from "./harness/site.ts";

useSite();

/** Pages with lines in common; the rule for a folder needs eight. */
function giveShop(count: number, line: (i: number) => string): void {
  const page = (i: number): SitePage => {
    const body = `<html lang=en><title>P${i}</title><p>${line(i)}</p><p>Text of page ${i}, on lanterns.</p>`;
    return { body, headers: { etag: `"${line(i).length}"` } };
  };
  give(Object.fromEntries(Array.from({ length: count }, (_, i) => [`/shop/${i}`, page(i)])));
  give({ "/sitemap.xml": sitemap(...Array.from({ length: count }, (_, i) => `/shop/${i}`)) });
}

test("what the pages of a site have in common is taken off them, also off those that came before it was known", async () => {
  // Of the first twenty, which are stored together, too few have it.
  giveShop(30, (i) => (i < 8 || i >= 20 ? "Open daily" : `Page ${i} is by itself`));
  const page = await openApp();
  expect(await crawl(page)).toMatchObject({ state: "done", added: 30, replaced: 0, requests: 32 });
  expect(await find(page, "lanterns")).toHaveLength(10);
  expect(await find(page, "open daily")).toEqual([]);
});

test("with few pages nothing is taken off; a page that did not change is read again where that turns out otherwise", async () => {
  giveShop(7, () => "Open daily");
  const page = await openApp();
  await crawl(page);
  expect(await find(page, "open daily")).toHaveLength(7);
  giveShop(9, () => "Open daily");
  expect(await crawl(page)).toMatchObject({ added: 2, replaced: 0, unchanged: 7 });
  expect(await find(page, "open daily")).toEqual([]);
  // Pages 0 to 2 are as they were; a third of the folder is no more what all of it shares.
  giveShop(9, (i) => (i < 3 ? "Open daily" : "Closed on some days"));
  expect(await crawl(page)).toMatchObject({ added: 0, replaced: 0, unchanged: 9 });
  expect((await find(page, "open daily")).toSorted()).toEqual(["/shop/0", "/shop/1", "/shop/2"]);
  expect(await find(page, "closed")).toEqual([]);
});
