/**
 * The file `worker-filter.js`: what the worker and its part for loaded indexes need of filters, and what reads vectors for a plot.
 * Why together: bundlers write a small file into the script that names it, where a policy may forbid it.
 */
export { readTable } from "./attribute-table.ts";
export { filterReaders } from "./filter-readers.ts";
export { readVectors } from "../segment/passage-vectors.ts";
export { filterSegments, planFilter } from "./filter-segments.ts";
