import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchFolder } from "../../../../cli/site/watch-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-watch-"));
  await mkdir(join(folder, "deep"));
  await mkdir(join(folder, "inkling"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A watch whose runs can be waited for. */
function startWatch(task: () => Promise<void> = async () => {}): {
  nextRun: () => Promise<void>;
  stop: () => Promise<void>;
  runs: () => number;
} {
  const controller = new AbortController();
  let runs = 0;
  let notify = (): void => {};
  const ended = watchFolder(folder, join(folder, "inkling"), controller.signal, async () => {
    runs++;
    notify();
    await task();
  });
  return {
    nextRun: () => new Promise((resolve) => (notify = resolve)),
    stop: () => (controller.abort(), ended),
    runs: () => runs,
  };
}

test("a burst of changes leads to one run, and each later change to another", async () => {
  const watch = startWatch();
  const first = watch.nextRun();
  for (let i = 0; i < 20; i++) await writeFile(join(folder, "deep", `${i}.html`), "x");
  await first;
  expect(watch.runs()).toBe(1);
  const second = watch.nextRun();
  await writeFile(join(folder, "a.html"), "y");
  await second;
  await watch.stop();
  expect(watch.runs()).toBe(2);
});

test("changes during a run lead to one more, never to two at once", async () => {
  let running = 0;
  let most = 0;
  let isFirst = true;
  const watch = startWatch(async () => {
    most = Math.max(most, ++running);
    if (isFirst) {
      isFirst = false;
      await writeFile(join(folder, "during.html"), "x");
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    running--;
  });
  const first = watch.nextRun();
  await writeFile(join(folder, "a.html"), "x");
  await first;
  await watch.nextRun();
  await watch.stop();
  expect([watch.runs(), most]).toEqual([2, 1]);
});

test("what the build writes, and hidden names, lead to none", async () => {
  const watch = startWatch();
  const run = watch.nextRun();
  await writeFile(join(folder, "inkling/manifest.json"), "x");
  await writeFile(join(folder, ".hidden.html"), "x");
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(watch.runs()).toBe(0);
  await writeFile(join(folder, "a.html"), "x");
  await run;
  await watch.stop();
  expect(watch.runs()).toBe(1);
});
