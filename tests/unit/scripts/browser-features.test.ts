import { chromium } from "playwright";
import { expect, test } from "vitest";
import { disabledFeatures } from "../../browser/harness/browser.ts";

test("the browser of the tests has all features switched off that Playwright switches off", async () => {
  // Why Node as the browser: it ends at once, and the error tells by which flags it was started.
  const { message } = await chromium.launch({ executablePath: process.execPath }).then(
    () => ({ message: "started" }),
    (error: Error) => error,
  );
  const theirs = /--disable-features=(\S+)/.exec(message)?.[1]?.split(",") ?? [];
  expect(theirs.length, message).toBeGreaterThan(5);
  expect(disabledFeatures).toEqual(expect.arrayContaining(theirs));
});
