import { transferHandlers } from "comlink";
import { type ErrorDetails, errorClasses, SearchError, type SearchErrorCode } from "./errors.ts";
import type { ModelProvider } from "./model-provider.ts";
import type {
  AddResult,
  Document,
  LoadOptions,
  LoadResult,
  PassageVectors,
  Progress,
  QueryAnswer,
  QueryOptions,
  RemoveResult,
  Status,
  Tier,
} from "./types.ts";

export type { EmbeddedTexts, EmbedderApi, EmbedderDescription } from "./model-provider.ts";

/** Where the worker finds a model: file name -> absolute URL. */
export type ModelUrls = Readonly<Record<string, string>>;

/**
 * When a model is loaded that takes over from the instant one: `idle` once the page is idle, and not where the visitor saves
 * data, has little memory or a low battery; `always` in any case, as soon as the instant model is there.
 */
export type UpgradePolicy = "idle" | "always";

/** The model that is asked for: one that takes over, the built-in instant one alone, or none. */
export type WantedModel = (Pick<ModelProvider, "id" | "tier"> & { readonly upgrade: UpgradePolicy }) | "instant" | null;

/** A page's model provider as the worker sees it. */
export interface ProviderHandle {
  /** Starts the model when the page is idle. @returns a port to it, or why it is not started. @throws what the provider throws. */
  start(onBytes: (done: number, total: number) => void, upgrade: UpgradePolicy): Promise<MessagePort | string>;
  stop(): Promise<void>;
}

/** What the page tells the worker before anything else. */
export interface OpenOptions {
  /** The page's own. */
  readonly version: string;
  readonly name: string;
  readonly storage: "indexeddb" | "memory";
  readonly modelId: string;
  readonly modelUrls: ModelUrls;
  readonly model: WantedModel;
}

/** What the worker tells without being asked. */
export type WorkerEvent =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "betteranswers"; readonly tier: Tier };

/** Receives progress of one call. */
export type OnProgress = (progress: Progress) => void;

/** Options of a query as they are sent. */
export type WireQueryOptions = Pick<QueryOptions, "limit" | "mode"> & {
  /**
   * `where`, `facets` and `sort` as a list in JSON, null where one is absent. Why: proxies of frameworks cannot be sent, and
   * what is `undefined` in a condition must be complained of, not left out.
   */
  readonly filter: string;
};

/**
 * The engine as the page sees it through Comlink. Signals do not cross `postMessage`: a call that can be cancelled has an
 * id, and `cancel` names it. Documents come in slices, so that copying them never blocks the page for long.
 */
export interface WorkerApi {
  open(options: OpenOptions, onEvent: (event: WorkerEvent) => void, handle: ProviderHandle | null): Promise<void>;
  /** Changes the model. Resolves when the choice is made; for `instant` and none, when it is in force. */
  use(id: number, model: WantedModel, handle: ProviderHandle | null): Promise<void>;
  /** Takes a slice of the documents of call `id`; they are checked at once and indexed by `add`. */
  receive(id: number, documents: readonly Document[]): Promise<void>;
  add(id: number, onProgress: OnProgress | null): Promise<AddResult>;
  /** @param base - what a relative `url` is relative to. */
  load(
    id: number,
    url: string,
    base: string,
    options: Pick<LoadOptions, "keep" | "attributes">,
    onProgress: OnProgress | undefined,
  ): Promise<LoadResult>;
  query(id: number, text: string, options: WireQueryOptions): Promise<QueryAnswer>;
  vectors(id: number, limit: number | undefined): Promise<PassageVectors>;
  remove(id: number, urls: readonly string[]): Promise<RemoveResult>;
  clear(id: number): Promise<void>;
  status(): Promise<Status>;
  /** Ends a call; one that is not running is no error. */
  cancel(id: number): Promise<void>;
  close(): Promise<void>;
}

/** An error as it crosses the wire. */
interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: SearchErrorCode | null;
  readonly details: ErrorDetails;
  /** The cause's name and message; deeper causes stay behind. */
  readonly cause: { readonly name: string; readonly message: string } | null;
}

/**
 * Makes thrown errors keep class, `code`, `details` and `cause` across the wire; Comlink by itself keeps name, message and
 * stack. Called once on each side.
 */
export function installErrorTransfer(): void {
  const original = transferHandlers.get("throw")!;
  transferHandlers.set("throw", {
    canHandle: (value): value is unknown => original.canHandle(value),
    serialize: (thrown) => [serializeError((thrown as { value: unknown }).value), []],
    deserialize: (wire) => {
      throw deserializeError(wire as WireError);
    },
  });
}

function serializeError(value: unknown): WireError {
  const error = value instanceof Error ? value : new Error(String(value));
  // Why by name: a part of the worker that is a file of its own has classes of its own.
  const isOurs = error.name in errorClasses && "code" in error;
  const { code, details } = error as SearchError;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? "",
    code: isOurs ? code : null,
    details: isOurs ? details : {},
    cause: flattenCause(error.cause),
  };
}

function flattenCause(cause: unknown): WireError["cause"] {
  if (cause === undefined || cause === null) return null;
  if (cause instanceof Error) return { name: cause.name, message: cause.message };
  return { name: typeof cause, message: typeof cause === "string" ? cause : "" };
}

function deserializeError(wire: WireError): Error {
  const cause = wire.cause && Object.assign(new Error(wire.cause.message), { name: wire.cause.name });
  const error =
    wire.code === null
      ? Object.assign(new Error(wire.message), { name: wire.name })
      : new (errorClasses[wire.name] ?? SearchError)(wire.code, wire.message, wire.details, cause ?? undefined);
  error.stack = wire.stack;
  return error;
}
