import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { build, createServer, type InlineConfig } from "vite";
import { type ConsumerProject, createConsumer } from "../../package/packed.ts";
import { collectErrors, waitForValue } from "./browser.ts";

const html = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head>
  <body><script type="module" src="./main.js"></script></body>
</html>`;

/** What an app left in `window.answer`, and what happened until then. */
export interface OpenedApp<Answer> {
  readonly answer: Answer;
  readonly errors: readonly string[];
  /** Addresses on other hosts that it asked for. */
  readonly foreign: readonly string[];
}

/** A new app with the packed package in its `node_modules`; its script leaves a value in `window.answer`. */
export async function createApp(script: string): Promise<ConsumerProject> {
  const project = await createConsumer();
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await writeFile(join(project.folder, "index.html"), html);
  await writeFile(join(project.folder, "main.js"), script);
  return project;
}

/** Builds an app by Vite's defaults. */
export async function buildApp({ folder }: ConsumerProject, options: InlineConfig = {}): Promise<void> {
  await build({ root: folder, configFile: false, logLevel: "error", ...options });
}

/** Serves an app as it is developed. @param allowed - folders outside of the app that may be served. */
export async function serveSources(
  { folder }: ConsumerProject,
  allowed: readonly string[] = [],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = { port: 0, ...(allowed.length > 0 && { fs: { allow: [folder, ...allowed] } }) };
  const development = await createServer({ root: folder, configFile: false, logLevel: "error", server });
  await development.listen();
  return { url: development.resolvedUrls?.local[0] ?? "", close: () => development.close() };
}

/** Opens an app in a fresh context and waits for its answer. */
export async function openApp<Answer>(browser: Browser, url: string): Promise<OpenedApp<Answer>> {
  const context = await browser.newContext();
  const foreign: string[] = [];
  context.on("request", (request) => {
    const isOwn = request.url().startsWith(new URL(url).origin) || /^(data|blob):/.test(request.url());
    if (!isOwn) foreign.push(request.url());
  });
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(url);
  const answer = await waitForValue(page, () => (window as { answer?: Answer }).answer).catch((error: unknown) => {
    throw new Error(`The app gave no answer. It said: ${errors.join(" | ") || "nothing"}`, { cause: error });
  });
  await context.close();
  return { answer: answer as Answer, errors, foreign };
}
