import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readRecipe } from "../browser/harness/guide.ts";
import * as releases from "../browser/harness/releases.ts";
import { startServer, type TestServer } from "../browser/harness/server.ts";
import { useProfile } from "../browser/harness/use-profile.ts";
import { build, useConsumer } from "./harness.ts";

const app = useConsumer("page", "offline");
const browser = useProfile();
const pathOf = (...names: readonly string[]): string => join(app.folder, ...names);
const library = "node_modules/inkling-search";

let html: string;
let server: TestServer;

beforeAll(async () => {
  html = await readFile(pathOf("index.html"), "utf8");
  await cp(pathOf(library, "dist"), pathOf(library, "as-packed"), { recursive: true });
});

beforeEach(async () => {
  server = await startServer({ folders: { "/": pathOf("site") } });
});

afterEach(() => server.close());

/** Puts a release of the library into the app's packages. */
async function stampLibrary(release: string): Promise<void> {
  for (const name of ["index.js", "worker.js"]) {
    const script = await readFile(pathOf(library, "as-packed", name), "utf8");
    await writeFile(pathOf(library, "dist", name), releases.stampScript(script, release));
  }
}

/** Builds a release and puts it in the place of the one before. @param makeServiceWorker - what follows the app's own build. */
async function publish(release: string, makeServiceWorker: () => Promise<unknown>): Promise<void> {
  await stampLibrary(release);
  await rm(pathOf("dist"), { recursive: true, force: true });
  await build(app);
  await makeServiceWorker();
  await rm(pathOf("site"), { recursive: true, force: true });
  await cp(pathOf("dist"), pathOf("site"), { recursive: true });
}

/** The recipes of the guide: the script that a reader copies, what the page needs besides, and what runs after the build. */
const recipes = [
  { name: "vite-plugin-pwa", script: "vite.config.js", inPage: "", after: () => Promise.resolve("") },
  {
    name: "Workbox",
    script: "build-service-worker.js",
    inPage: `<script>navigator.serviceWorker?.register("/sw.js");</script>`,
    after: () => app.run(process.execPath, "build-service-worker.js"),
  },
];

describe.each(recipes)("an app whose service worker is made by $name, as the guide has it", (recipe) => {
  beforeAll(async () => {
    for (const { script } of recipes) await rm(pathOf(script), { force: true });
    await writeFile(pathOf(recipe.script), await readRecipe("offline.md", recipe.script));
    await writeFile(pathOf("index.html"), html.replace("</body>", `${recipe.inPage}</body>`));
  });

  test("swaps releases without ever mixing them", async () => {
    await releases.expectReleasesApart(browser.context, `${server.origin}/`, (release) =>
      publish(release, recipe.after),
    );
  });

  test("searches by words and meaning after a restart with the server gone", async () => {
    await publish("3", recipe.after);
    const { page: online } = await releases.openReady(browser.context, `${server.origin}/`);
    await online.evaluate((list) => window.search.add(list), releases.documents);
    await releases.waitForServiceWorker(online);
    await server.close();
    await browser.restart();
    const { page: offline, errors } = await releases.openReady(browser.context, `${server.origin}/`);
    const ask = (): Promise<unknown> =>
      offline.evaluate(async (text) => {
        const { hits, tier } = await window.search.query(text);
        return [hits[0]?.url, tier];
      }, releases.question);
    await expect.poll(ask, { timeout: 30_000 }).toEqual(["/bike", "instant"]);
    expect(errors).toEqual([]);
  });
});
