/** Stable error codes: `<area>/<what>`. New codes may be added; an existing one never changes its meaning. */
export type SearchErrorCode =
  | "argument/url"
  | "argument/text"
  | "argument/text-too-large"
  | "argument/not-plain"
  | "argument/duplicate-url"
  | "argument/sections"
  | "argument/attributes"
  | "argument/query"
  | "argument/limit"
  | "argument/mode"
  | "argument/option"
  | "argument/where"
  | "argument/facets"
  | "argument/sort"
  | "search/closed"
  | "library/part"
  | "site/unreachable"
  | "site/refused"
  | "model/missing"
  | "model/unreachable"
  | "model/truncated"
  | "model/checksum"
  | "model/format"
  | "model/runtime"
  | "model/device"
  | "model/session"
  | "model/output"
  | "model/self-test"
  | "model/failed"
  | "model/withheld"
  | "storage/unavailable"
  | "storage/quota"
  | "storage/conflict"
  | "storage/failed"
  | "index/newer-format"
  | "index/format"
  | "index/checksum"
  | "index/truncated"
  | "index/missing-block"
  | "index/model-mismatch"
  | "index/missing"
  | "index/unreachable"
  | "worker/no-simd"
  | "worker/start"
  | "worker/lost";

/** Plain facts about an error; they cross the worker boundary by structured clone. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Base of every error the library throws. `code` is the contract; the message says what failed, the value found,
 * what was expected and the remedy. Cancellation is no `SearchError`: it rejects with the signal's reason.
 */
export class SearchError extends Error {
  override readonly name: string = "SearchError";
  readonly code: SearchErrorCode;
  readonly details: ErrorDetails;

  constructor(code: SearchErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** The caller's mistake: the message names the option or field, the value and the allowed range. */
export class InvalidArgumentError extends SearchError {
  override readonly name: string = "InvalidArgumentError";
}

/** A model could not be fetched, verified or started. `details` hold `url` and, where known, bytes and hashes. */
export class ModelError extends SearchError {
  override readonly name: string = "ModelError";
}

/** Storage is full, blocked or failing. `details` hold `usage` and `quota` in bytes where the browser tells them. */
export class StorageError extends SearchError {
  override readonly name: string = "StorageError";
}

/** Stored bytes are damaged, or were written by another format or model. The remedy is in the message. */
export class IndexFormatError extends SearchError {
  override readonly name: string = "IndexFormatError";
}

/** The worker could not start, or was lost. */
export class WorkerError extends SearchError {
  override readonly name: string = "WorkerError";
}

/** The error of every call after `close()`. */
export function closedError(): SearchError {
  return new SearchError(
    "search/closed",
    "This search is closed. Create a new one with createSearch(); the stored index is still there.",
  );
}

/** Every class by name, so that an error is rebuilt as what it was on the other side of a worker boundary. */
export const errorClasses: Readonly<Record<string, typeof SearchError>> = {
  SearchError: SearchError,
  InvalidArgumentError: InvalidArgumentError,
  ModelError: ModelError,
  StorageError: StorageError,
  IndexFormatError: IndexFormatError,
  WorkerError: WorkerError,
};
