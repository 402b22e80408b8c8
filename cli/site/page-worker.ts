import { parentPort, workerData } from "node:worker_threads";
import type { PagePoolData, PageTask, PageTaskResult } from "./page-pool.ts";
import { readPage } from "./read-page.ts";

const { folder, lang } = workerData as PagePoolData;

// Why answered with the message only: an error that breaks a thread would take the pages of others with it.
parentPort!.on("message", ({ id, requests }: PageTask) => {
  Promise.all(requests.map((request) => readPage(folder, request, lang))).then(
    (answers) => parentPort!.postMessage({ id, answers } satisfies PageTaskResult),
    (error: unknown) =>
      parentPort!.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
