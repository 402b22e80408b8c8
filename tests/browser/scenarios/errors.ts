import type { Document, QueryOptions, Search, SearchErrorCode } from "inkling-search";
import { expectEqual, expectTrue, rejectionOf, type Scenario } from "../page/scenario.ts";
import { handbook } from "./documents.ts";

/** Bad documents by the code they are refused with. */
const refused: readonly [code: SearchErrorCode, documents: unknown][] = [
  ["argument/url", [{ text: "no url" }]],
  ["argument/url", [{ url: "", text: "empty url" }]],
  ["argument/text", [{ url: "/a" }]],
  ["argument/text", [{ url: "/a", text: 7 }]],
  [
    "argument/duplicate-url",
    [
      { url: "/a", text: "one" },
      { url: "/a", text: "two" },
    ],
  ],
  ["argument/sections", [{ url: "/a", sections: [null] }]],
  ["argument/sections", [{ url: "/a", sections: [{ level: 9, text: "deep" }] }]],
  ["argument/attributes", [{ url: "/a", text: "b", attributes: { when: new Date(0) } }]],
];

async function expectCode(
  search: Search,
  code: SearchErrorCode,
  promise: Promise<unknown>,
  library: object,
): Promise<void> {
  const error = await rejectionOf(promise, code);
  const { InvalidArgumentError } = library as { InvalidArgumentError: new () => Error };
  expectTrue(error instanceof InvalidArgumentError, "an InvalidArgumentError", String(error));
  expectEqual((error as unknown as { code: string }).code, code, "code");
  expectEqual((await search.status()).documents, handbook.length, "documents still indexed");
}

/** Errors are the same on both sides of the wire. */
export const errors: Scenario = {
  name: "errors",
  title: "errors of the worker arrive with class, code, details, cause and a message that helps",
  async run({ library, name, check }) {
    const search = await library.createSearch({ name });
    await search.add(handbook);
    for (const [code, documents] of refused) {
      const shown = JSON.stringify(documents).slice(0, 60);
      await check(`${code} for ${shown}`, () => expectCode(search, code, search.add(documents as Document[]), library));
    }
    await check("text of 50 MB", () => {
      const document: Document = { url: "/huge", text: "lorem ipsum ".repeat(4_400_000) };
      return expectCode(search, "argument/text-too-large", search.add([document]), library);
    });
    const badOptions: [SearchErrorCode, QueryOptions][] = [
      ["argument/limit", { limit: -1 }],
      ["argument/limit", { limit: 1.5 }],
      ["argument/mode", { mode: "psychic" as "words" }],
    ];
    for (const [code, options] of badOptions) {
      await check(`${code} for ${JSON.stringify(options)}`, () =>
        expectCode(search, code, search.query("coffee", options), library),
      );
    }
    await check("a query that is no string", () =>
      expectCode(search, "argument/query", search.query(7 as unknown as string), library),
    );
    await check("details and message", async () => {
      const twice = [handbook[0], handbook[0]] as Document[];
      const error = await rejectionOf(search.add(twice), "duplicate");
      expectTrue(error instanceof library.InvalidArgumentError, "an InvalidArgumentError");
      expectEqual(error.name, "InvalidArgumentError", "name");
      expectTrue("url" in error.details, "details hold the url", error.details);
      expectTrue(error.message.includes("/handbook/leave"), "the message holds the value found", error.message);
      expectTrue((error.stack ?? "").length > 0, "a stack");
    });
    await check("everything indexed still answers", async () => {
      expectEqual((await search.query("coffee")).hits[0]?.url, "/handbook/kitchen", "first hit");
    });
    await search.close();
  },
};

/** Tells the worker of `worker-with-full-disk.js` to refuse every further write. */
async function fillDisk(): Promise<void> {
  const channel = new BroadcastChannel("disk");
  const answered = new Promise((resolve) => channel.addEventListener("message", resolve, { once: true }));
  channel.postMessage("fill");
  await answered;
  channel.close();
}

/** A disk that is full once the page has written its first blocks. */
export const fullDisk: Scenario = {
  name: "full-disk",
  title: "a full disk rejects with storage/quota and its cause, and what was stored answers",
  async run({ library, name }) {
    const search = await library.createSearch({ name, workerUrl: "/worker-with-full-disk.js" });
    await search.add(handbook);
    await fillDisk();
    const error = await rejectionOf(search.add([{ url: "/more", text: "The disk is full." }]), "add on a full disk");
    expectTrue(error instanceof library.StorageError, "a StorageError", String(error));
    expectEqual(error.code, "storage/quota", "code");
    expectEqual((error.cause as Error | undefined)?.name, "QuotaExceededError", "name of the cause");
    const tellsSpace = typeof navigator.storage?.estimate === "function";
    expectEqual(
      "usage" in error.details && "quota" in error.details,
      tellsSpace,
      "whether details hold usage and quota",
    );
    expectEqual((await search.query("coffee")).hits[0]?.url, "/handbook/kitchen", "first hit");
    await search.close();
  },
};

/** Odd input that is no mistake. */
export const oddInput: Scenario = {
  name: "odd-input",
  title: "odd documents and queries get an ordinary answer",
  async run({ library, name, check }) {
    const search = await library.createSearch({ name });
    const odd: Document[] = [
      { url: "/empty", text: "" },
      { url: "/blank", title: "Blank", text: " \n\t " },
      { url: "/no-sections", sections: [] },
      { url: "/lone", text: "before \ud800 after lonesurrogate" },
      { url: "/nul", text: "null\u0000inside nulbyte" },
      { url: "/lang", lang: "not a language!", text: "unknownlanguage" },
      {
        url: "/headings",
        sections: Array.from({ length: 10_000 }, (_, i) => ({ heading: `Heading ${i}`, text: `body${i}` })),
      },
    ];
    await check("all of them are added, the odd ones with a warning", async () => {
      const result = await search.add(odd);
      expectEqual(result.added, odd.length, "added");
      const warned = result.warnings.map((warning) => `${warning.url} ${warning.code}`);
      for (const expected of ["/empty text/empty", "/lone text/ill-formed", "/lang lang/unknown"]) {
        expectTrue(warned.includes(expected), `a warning ${expected}`, warned);
      }
    });
    for (const [query, url] of [
      ["lonesurrogate", "/lone"],
      ["nulbyte", "/nul"],
      ["unknownlanguage", "/lang"],
      ["body9999", "/headings"],
    ] as const) {
      await check(`${query} is found`, async () => {
        const { hits } = await search.query(query, { mode: "words" });
        expectEqual(hits[0]?.url, url, "first hit");
      });
    }
    await check("an empty query has no hits", async () => {
      for (const query of ["", "   "]) {
        expectEqual((await search.query(query)).hits.length, 0, `hits of ${JSON.stringify(query)}`);
      }
    });
    await check("limit 0 has no hits", async () => {
      expectEqual((await search.query("body9999", { limit: 0 })).hits, [], "hits");
    });
    await check("a query of 100,000 characters is answered and marked as truncated", async () => {
      const answer = await search.query("lonesurrogate ".repeat(7_200));
      expectEqual([answer.truncated, answer.hits[0]?.url], [true, "/lone"], "truncated, first hit");
    });
    await search.close();
  },
};

/** A worker that is not there. */
export const workerStart: Scenario = {
  name: "worker-start",
  title: "a worker that cannot start rejects createSearch with worker/start",
  async run({ library, name, check }) {
    for (const workerUrl of ["/nowhere/worker.js", "/worker-that-throws.js"]) {
      await check(workerUrl, async () => {
        const error = await rejectionOf(library.createSearch({ name, workerUrl }), "createSearch");
        expectTrue(error instanceof library.WorkerError, "a WorkerError", String(error));
        expectEqual(error.code, "worker/start", "code");
      });
    }
    const odd = [
      { name: "" },
      "docs",
      null,
      { storage: "disk" },
      { onProgress: 3 },
      { assetsUrl: "http://[" },
      { workerUrl: "http://[" },
    ];
    for (const options of odd) {
      await check(`options ${JSON.stringify(options)}`, async () => {
        const error = await rejectionOf(library.createSearch(options as object), "createSearch");
        expectTrue(error instanceof library.InvalidArgumentError, "an InvalidArgumentError", String(error));
        expectEqual(error.code, "argument/option", "code");
      });
    }
  },
};
