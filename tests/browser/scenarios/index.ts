import type { Scenario } from "../page/scenario.ts";
import { blockStore } from "./block-store.ts";
import { errors, fullDisk, oddInput, workerStart } from "./errors.ts";
import { corruptBlock, faultyModel, missingFile, newerFormat, slowModel, withoutStorage } from "./fallbacks.ts";
import { filters, missingPart } from "./filters.ts";
import { cancellation, killedWorker, queryWhileIndexing, twoTabs } from "./interruption.ts";
import { inMemory, progress, roundTrip, secondVisit } from "./round-trip.ts";
import { failedUpgrade, lostWorker, resumedUpgrade, sharedUpgrade, threeTiers } from "./upgrade.ts";

/** Every scenario, in the order they are run. */
export const scenarios: readonly Scenario[] = [
  roundTrip,
  secondVisit,
  inMemory,
  progress,
  filters,
  missingPart,
  errors,
  oddInput,
  fullDisk,
  workerStart,
  slowModel,
  faultyModel,
  missingFile,
  withoutStorage,
  queryWhileIndexing,
  cancellation,
  killedWorker,
  twoTabs,
  threeTiers,
  resumedUpgrade,
  failedUpgrade,
  lostWorker,
  sharedUpgrade,
  newerFormat,
  corruptBlock,
  blockStore,
];
