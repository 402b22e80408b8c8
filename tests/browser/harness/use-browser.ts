import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { collectErrors, launchBrowser } from "./browser.ts";
import type { TestServer } from "./server.ts";

/** A tab, and what was said in it that nobody asked for. */
export interface Tab {
  readonly page: Page;
  readonly errors: readonly string[];
  /** Paths of all requests of the page. */
  readonly requests: readonly string[];
}

/** What the tests of a file have in common: a server, one browser, and for each test a context of its own. */
export interface Surroundings {
  readonly server: TestServer;
  readonly browser: Browser;
  /** That of the test which is running. */
  readonly context: BrowserContext;
  /**
   * Opens a path of the server, or another address, in a new tab of the test's context; with `options`, in that of a context
   * of its own.
   */
  open(address: string, options?: BrowserContextOptions): Promise<Tab>;
}

interface Options {
  /** Whether a test fails where a page of it said something on the console. Default false. */
  readonly isSilent?: boolean;
  readonly context?: BrowserContextOptions;
  /** Of the browser's command line. */
  readonly flags?: readonly string[];
}

/** Serves pages and starts a browser for the tests of a file. Call it at the top of the file. */
export function useBrowser(serve: () => Promise<TestServer>, options: Options = {}): Surroundings {
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let contexts: BrowserContext[] = [];
  let tabs: Tab[] = [];
  const openContext = async (wanted: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const opened = await browser.newContext({ reducedMotion: "reduce", ...options.context, ...wanted });
    contexts.push(opened);
    return opened;
  };

  beforeAll(async () => {
    server = await serve();
    browser = await launchBrowser(options.flags);
  });
  beforeEach(async () => {
    [tabs, contexts] = [[], []];
    context = await openContext();
  });
  afterEach(async () => {
    for (const opened of contexts) await opened.close();
    if (options.isSilent) expect(tabs.flatMap(({ errors }) => errors)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  return {
    get server() {
      return server;
    },
    get browser() {
      return browser;
    },
    get context() {
      return context;
    },
    async open(address, wanted) {
      const place = wanted === undefined ? context : await openContext(wanted);
      const tab = await openTab(place, new URL(address, server.origin).href);
      tabs.push(tab);
      return tab;
    },
  };
}

/** Opens an address in a new tab, and collects what is said and asked for there. */
export async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage();
  const errors = collectErrors(page);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(url);
  return { page, errors, requests };
}
