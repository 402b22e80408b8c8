import type { Scenario } from "../page/scenario.ts";
import { blockStore } from "./block-store.ts";
import { errors, fullDisk, oddInput, workerStart } from "./errors.ts";
import { corruptBlock, faultyModel, newerFormat, slowModel, withoutStorage } from "./fallbacks.ts";
import { cancellation, killedWorker, queryWhileIndexing, twoTabs } from "./interruption.ts";
import { inMemory, progress, roundTrip, secondVisit } from "./round-trip.ts";
import { failedUpgrade, resumedUpgrade, threeTiers } from "./upgrade.ts";

/** Every scenario, in the order they are run. */
export const scenarios: readonly Scenario[] = [
  roundTrip,
  secondVisit,
  inMemory,
  progress,
  errors,
  oddInput,
  fullDisk,
  workerStart,
  slowModel,
  faultyModel,
  withoutStorage,
  queryWhileIndexing,
  cancellation,
  killedWorker,
  twoTabs,
  threeTiers,
  resumedUpgrade,
  failedUpgrade,
  newerFormat,
  corruptBlock,
  blockStore,
];
