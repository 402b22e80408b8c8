/** The parts of a WebGPU adapter that are read. */
interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly isFallbackAdapter?: boolean };
}

/** What this browser can compute on besides the processor. */
export interface Gpu {
  /** Names the adapter, to remember how fast it is. */
  readonly name: string;
  /** Whether it only imitates a GPU on the processor. */
  readonly isFallback: boolean;
}

/** The browser's GPU; null where there is none, or where it is kept from pages. */
export async function findGpu(): Promise<Gpu | null> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return null;
  const { vendor = "", architecture = "", isFallbackAdapter = false } = adapter.info ?? {};
  return { name: `${vendor}/${architecture}`, isFallback: adapter.isFallbackAdapter === true || isFallbackAdapter };
}

/** How much faster a GPU must be to be worth a second copy of the model. */
export const worthwhileGain = 1.3;

/** What was measured of a model on a GPU. */
export interface Measurement {
  /** Texts per second. */
  readonly wasm: number;
  readonly webgpu: number;
}

const prefix = "inkling-search/device/";

/** What was measured before, or null. */
export function recallMeasurement(key: string): Measurement | null {
  const { wasm, webgpu } = (recall(key) ?? {}) as Partial<Measurement>;
  return wasm! > 0 && webgpu! > 0 ? { wasm: wasm!, webgpu: webgpu! } : null;
}

/** What was found out on an earlier visit, or null. */
export function recall(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(prefix + key) ?? "null");
  } catch {
    return null;
  }
}

/** Remembers for the next visit what was found out, where the browser allows it. */
export function remember(key: string, found: Measurement | true): void {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(found));
  } catch {
    // Storage is forbidden or full: it is found out again next time.
  }
}
