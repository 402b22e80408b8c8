import { runIndexing, runQueries, runVisit } from "./inkling.ts";
import { peerNames, runPeer } from "./peers.ts";
import { hasGpu, runTier, runUpgrade } from "./tiers.ts";

const bench = { runIndexing, runQueries, runVisit, runPeer, peerNames, runTier, runUpgrade, hasGpu };

declare global {
  interface Window {
    /** Measurements, called one by one from outside, each in a page of its own. */
    bench?: typeof bench;
  }
}

window.bench = bench;
