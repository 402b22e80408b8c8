import type { Document, QueryOptions, Where } from "inkling-search";
import { expectEqual, expectTrue, rejectionOf, type Scenario } from "../page/scenario.ts";
import { handbook } from "./documents.ts";

const priced: readonly Document[] = [
  { url: "/tea", text: "Tea from the hills.", lang: "en-GB", attributes: { price: 4, tags: ["hot", "drink"] } },
  { url: "/cake", text: "Cake with tea leaves.", lang: "en", attributes: { price: 12.5, tags: ["food"], weight: 3 } },
  { url: "/tee", text: "Tee und tea.", lang: "de", attributes: { price: 3, tags: ["drink"] } },
];

/** Attributes across the wire, by the part of the worker that is loaded for them. */
export const filters: Scenario = {
  name: "filters",
  title: "pages are filtered, counted and put in order by attributes",
  async run({ library, name }) {
    const search = await library.createSearch({ name });
    await search.add([...handbook, ...priced]);
    const urls = async (options: QueryOptions): Promise<string[]> =>
      (await search.query("tea", { mode: "words", ...options })).hits.map(({ url }) => url).sort();
    expectEqual(await urls({ where: { lang: "en" } }), ["/cake", "/tea"], "hits in English");
    expectEqual(await urls({ where: { price: { gte: 3, lt: 5 } } }), ["/tea", "/tee"], "hits by price");
    const nested = { or: [{ tags: "food" }, { not: { price: { gt: 3 } } }] };
    expectEqual(await urls({ where: nested }), ["/cake", "/tee"], "hits of a nested condition");
    // As frameworks hand objects out, which cannot be sent to a worker.
    const proxied = new Proxy({ tags: new Proxy({ in: new Proxy(["hot"], {}) }, {}) }, {});
    expectEqual(await urls({ where: proxied }), ["/tea"], "hits of a condition made of proxies");
    expectEqual((await search.query("tea", { mode: "words" })).hits[0]?.url, "/cake", "first hit, by its weight");

    const listed = await search.query("", { where: { price: { lt: 10 } }, facets: ["tags"], sort: { price: "asc" } });
    expectEqual(
      listed.hits.map(({ url }) => url),
      ["/tee", "/tea"],
      "all pages below a price, the cheapest first",
    );
    const tags = [
      { value: "drink", count: 2 },
      { value: "hot", count: 1 },
    ];
    expectEqual(listed.facets, { tags }, "facets");
    expectEqual((await search.query("tea")).facets, {}, "facets where none were asked for");

    const unknown = await rejectionOf(search.query("tea", { where: { colour: "red" } }), "an unknown attribute");
    expectTrue(unknown instanceof library.InvalidArgumentError, "an InvalidArgumentError", String(unknown));
    expectEqual([unknown.code, unknown.details["attribute"]], ["argument/where", "colour"], "code and details");
    expectTrue(unknown.message.includes("department, lang, price, tags"), "the names there are", unknown.message);
    const forgotten = { lang: undefined } as unknown as Where;
    const missing = await rejectionOf(search.query("tea", { where: forgotten }), "an undefined value");
    expectEqual((missing as { code?: string }).code, "argument/where", "code of an undefined value");
    await search.close();
  },
};

/** A deployment without the file. */
export const missingPart: Scenario = {
  name: "missing-part",
  title: "where the part for attributes is not served, a query that needs it is refused, and others answer",
  async run({ library, name }) {
    const search = await library.createSearch({ name, workerUrl: "/faulty/unreachable/worker.js" });
    await search.add(priced);
    const error = await rejectionOf(search.query("tea", { where: { lang: "en" } }), "a query with where");
    expectTrue(error instanceof library.SearchError, "a SearchError", String(error));
    expectEqual(error.code, "library/part", "its code");
    expectTrue(error.message.includes("worker-filter.js"), "the name of the file", error.message);
    expectEqual((await search.query("hills")).hits[0]?.url, "/tea", "first hit of a query without where");
    await search.close();
  },
};
