import type { transfer } from "comlink";
import type { ModelProvider } from "./model-provider.ts";
import type { ProviderHandle } from "./protocol.ts";

/** Lowest charge, 0 to 1, at which a model is loaded that the visitor can do without. */
const minBattery = 0.2;

/**
 * A provider as the worker calls it.
 *
 * @param send - Comlink's `transfer`. Why handed in: this is a file of its own, and marks of another copy would not be seen.
 */
export function createHandle(provider: ModelProvider, send: typeof transfer): ProviderHandle {
  let running: AbortController | undefined;
  return {
    async start(onBytes, upgrade) {
      running = new AbortController();
      if (upgrade === "idle") {
        await new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve));
        const battery = await (navigator as BatteryNavigator).getBattery?.();
        if (battery?.charging === false && battery.level < minBattery) return "the battery is low";
      }
      const port = await provider.start({ signal: running.signal, onBytes });
      return send(port, [port]);
    },
    async stop() {
      running?.abort();
      await provider.stop();
    },
  };
}

interface BatteryNavigator {
  readonly getBattery?: () => Promise<{ readonly charging: boolean; readonly level: number }>;
}
