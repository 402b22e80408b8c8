import type { BrowserContext, Page } from "playwright";
import { expect } from "vitest";
import type * as Library from "../../../src/index.ts";
import { waitForValue } from "./browser.ts";
import { openTab, type Tab } from "./use-browser.ts";

declare global {
  interface Window {
    /** The app's own search, and what opens another. */
    search: Library.Search;
    createSearch: typeof Library.createSearch;
    /** Set by the first line of the scripts of a release. */
    inklingRelease?: string;
  }
}

/** What the app searches, and a question that only its meaning leads to the page on bicycles. */
export const documents: readonly Library.Document[] = [
  { url: "/tea", title: "Tea", attributes: { kind: "drink" }, text: "Pour boiling water over the leaves." },
  {
    url: "/bike",
    title: "Bicycle",
    text: "Take the wheel off, find the hole in the inner tube and glue a patch on it.",
  },
];
export const question = "how do I repair a flat tyre?";

/** A script of the library that says which release it is of. */
export function stampScript(script: string, release: string): string {
  return `globalThis.inklingRelease = "${release}";\n${script}`;
}

/** Opens an app in a new tab and waits for its search. */
export async function openReady(context: BrowserContext, url: string): Promise<Tab> {
  const tab = await openTab(context, url);
  await waitForValue(tab.page, () => window.search !== undefined);
  return tab;
}

/** Waits until a service worker of the page is active. */
export async function waitForServiceWorker(page: Page): Promise<void> {
  await waitForValue(page, async () => (await navigator.serviceWorker.ready).active?.state === "activated");
}

/** Looks for another service worker. @returns what became of it, or `none`. */
export function updateServiceWorker(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const registered = await navigator.serviceWorker.ready;
    const found = await registered.update().then(() => registered.installing ?? registered.waiting);
    if (found === null) return "none";
    while (found.state === "installing") {
      await new Promise((done) => found.addEventListener("statechange", done, { once: true }));
    }
    return found.state;
  });
}

/** Releases of the page's script and of each of its workers, of one that starts now too. */
export async function releasesOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(async () => {
    await (await window.createSearch({ name: "another", model: null })).query("tea");
  });
  const workers = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.inklingRelease)));
  return [await page.evaluate(() => window.inklingRelease), ...workers].map(String);
}

/**
 * Installs an app, publishes another release of it, and expects that no page ever has the worker of another release than its
 * own, and that the new one takes over when no tab is left.
 */
export async function expectReleasesApart(
  context: BrowserContext,
  url: string,
  publish: (release: string) => Promise<void>,
): Promise<void> {
  await publish("1");
  const { page: first } = await openReady(context, url);
  await waitForServiceWorker(first);
  await first.reload();
  await waitForValue(first, () => window.search !== undefined);
  expect(await releasesOf(first)).toEqual(["1", "1", "1"]);

  await publish("2");
  expect(await updateServiceWorker(first)).toBe("installed");
  const { page: second } = await openReady(context, url);
  expect(await releasesOf(first)).toEqual(["1", "1", "1", "1"]);
  expect(await releasesOf(second)).toEqual(["1", "1", "1"]);

  await first.close();
  await second.close();
  const seen: (readonly string[])[] = [];
  // Why more than one try: the browser takes its time to see that no tab is left.
  while (!seen.at(-1)?.includes("2") && seen.length < 20) {
    const { page } = await openReady(context, url);
    seen.push(await releasesOf(page));
    await page.close();
  }
  expect(seen.filter((releases) => new Set(releases).size > 1)).toEqual([]);
  expect(seen.at(-1)).toEqual(["2", "2", "2"]);
}
