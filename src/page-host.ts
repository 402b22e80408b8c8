import type { AddResult, CallOptions, Document, RemoveResult, Status } from "./types.ts";

/** What reading pages and sites needs of an open search. */
export interface PageHost extends EventTarget {
  add(documents: readonly Document[], options?: CallOptions): Promise<AddResult>;
  remove(urls: readonly string[], options?: Pick<CallOptions, "signal">): Promise<RemoveResult>;
  status(): Promise<Status>;
}
