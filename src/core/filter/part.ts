/** The file `worker-filter.js`: what the worker and its part for loaded indexes need of filters. */
export { readTable } from "./attribute-table.ts";
export { filterReaders } from "./filter-readers.ts";
export { filterSegments, planFilter } from "./filter-segments.ts";
