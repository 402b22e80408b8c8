import type { BrowserContext } from "playwright";
import { afterEach, beforeEach } from "vitest";
import { createProfile, type Profile } from "./browser.ts";

/** A Chromium whose storage lies on disk, new for each test. */
export interface DiskBrowser {
  readonly context: BrowserContext;
  /** Ends the browser and starts it again on the same storage. */
  restart(): Promise<void>;
}

/** Starts such a browser before each test of a file, and removes it afterwards. Call it at the top of the file. */
export function useProfile(): DiskBrowser {
  let profile: Profile;
  let context: BrowserContext;
  beforeEach(async () => {
    profile = await createProfile();
    context = await profile.open();
  });
  afterEach(async () => {
    await context?.close();
    await profile?.remove();
  });
  return {
    get context() {
      return context;
    },
    async restart() {
      await context.close();
      context = await profile.open();
    },
  };
}
