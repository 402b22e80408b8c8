export {
  BetterAnswersEvent,
  createSearch,
  type Search,
  type SearchErrorEvent,
  type SearchProgressEvent,
} from "./search.ts";
export type { CreateSearchOptions, SearchModel, UpgradeOptions } from "./search-options.ts";
export type {
  EmbeddedTexts,
  EmbedderApi,
  EmbedderDescription,
  EmbedFunction,
  FunctionOptions,
  ModelProvider,
} from "./model-provider.ts";
export type { AddPageOptions } from "./page/options.ts";
export type { AddSiteOptions } from "./site/options.ts";
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
  AttributeCondition,
  Attributes,
  AttributeScalar,
  AttributeValue,
  CallOptions,
  Document,
  ErrorReport,
  FacetCount,
  Facets,
  Fallback,
  Hit,
  HitPassage,
  LoadedStatus,
  LoadOptions,
  LoadResult,
  ModelStatus,
  PassageVectors,
  Progress,
  QueryAnswer,
  QueryOptions,
  QueryTimings,
  RemoveResult,
  SearchMode,
  Section,
  SitePage,
  SiteResult,
  Status,
  TextRange,
  Tier,
  UpgradeStatus,
  VectorPassage,
  VectorsOptions,
  Where,
} from "./types.ts";
