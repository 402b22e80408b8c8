export {
  BetterAnswersEvent,
  createSearch,
  type CreateSearchOptions,
  type Search,
  type SearchModel,
  type SearchProgressEvent,
  type UpgradeOptions,
} from "./search.ts";
export type {
  EmbeddedTexts,
  EmbedderApi,
  EmbedderDescription,
  EmbedFunction,
  FunctionOptions,
  ModelProvider,
} from "./model-provider.ts";
export { fromFunction } from "./from-function.ts";
export {
  type ErrorDetails,
  IndexFormatError,
  InvalidArgumentError,
  ModelError,
  SearchError,
  type SearchErrorCode,
  StorageError,
  WorkerError,
} from "./errors.ts";
export { clearHighlight, highlight } from "./highlight.ts";
export type {
  AddResult,
  AddWarning,
  Attributes,
  AttributeValue,
  CallOptions,
  Document,
  ErrorReport,
  Fallback,
  Hit,
  HitPassage,
  ModelStatus,
  Progress,
  QueryAnswer,
  QueryOptions,
  QueryTimings,
  RemoveResult,
  SearchMode,
  Section,
  Status,
  TextRange,
  Tier,
  UpgradeStatus,
} from "./types.ts";
