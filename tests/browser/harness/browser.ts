import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type LaunchOptions, type Page } from "playwright";
import { findBrowser } from "../../../scripts/lib/browser.mjs";

/**
 * What is switched off in the browser: what Playwright does, once more, as of such flags the last one counts, and the two
 * pages that every new window would load for the suggestions of an address bar, which take more time than most tests do.
 */
export const disabledFeatures: readonly string[] = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
  "msForceBrowserSignIn",
  "msEdgeUpdateLaunchServicesPreferredVersion",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
];

const quietFlags = [
  `--disable-features=${disabledFeatures.join(",")}`,
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function launchOptions(extraFlags: readonly string[]): LaunchOptions {
  const found = findBrowser();
  if (found === null)
    throw new Error("No Chromium here: run npm test once, or set INKLING_BROWSER to the path of one.");
  // Why: Chromium refuses to sandbox a process that is root, as it is in most containers.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return { executablePath: found.path, headless: true, args: [...quietFlags, ...sandbox, ...extraFlags] };
}

/**
 * Starts a Chromium. Its contexts keep IndexedDB in memory; see `createProfile` for a disk.
 *
 * @param withoutFlags - those of Playwright that are left out.
 */
export function launchBrowser(
  extraFlags: readonly string[] = [],
  withoutFlags: readonly string[] = [],
): Promise<Browser> {
  return chromium.launch({ ...launchOptions(extraFlags), ignoreDefaultArgs: [...withoutFlags] });
}

/** A browser profile on disk: what pages store there is there again after a restart. */
export interface Profile {
  /** Starts a Chromium on the profile; close the context before the next one. */
  open(): Promise<BrowserContext>;
  remove(): Promise<void>;
}

/** Makes a profile on disk with nothing in it but settings, by the names that Chromium has for them. */
export async function createProfile(
  extraFlags: readonly string[] = [],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-profile-"));
  await mkdir(join(folder, "Default"));
  await writeFile(join(folder, "Default/Preferences"), JSON.stringify(settings));
  return {
    open: () => chromium.launchPersistentContext(folder, launchOptions(extraFlags)),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** What a page said that nobody asked for: errors of scripts and the console. */
export function collectErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return errors;
}

/**
 * Polls an expression in the page until it is neither null, undefined nor false.
 * Why: `waitForFunction` dies silently under a content security policy without `unsafe-eval`.
 */
export async function waitForValue<Value>(
  page: Page,
  read: () => Value,
  timeoutMs = 30_000,
): Promise<NonNullable<Value>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    // Why: a page that navigates has no context for a moment.
    const value = await page.evaluate(read).catch(() => null);
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<Value>;
    if (Date.now() > deadline) throw new Error(`Nothing within ${timeoutMs} ms at ${page.url()}`);
    await page.waitForTimeout(50);
  }
}

/** Ends a tab as a crash does: nothing in the page or its workers gets to run any more. */
export async function crashPage(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash").catch(() => null);
  await page.goto("chrome://crash").catch(() => null);
  await crashed;
  await page.close();
}
