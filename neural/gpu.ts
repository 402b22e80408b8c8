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
  try {
    const { wasm, webgpu } = JSON.parse(localStorage.getItem(prefix + key) ?? "null") as Measurement;
    return wasm > 0 && webgpu > 0 ? { wasm, webgpu } : null;
  } catch {
    return null;
  }
}

/** Remembers a measurement for the next visit, where the browser allows it. */
export function rememberMeasurement(key: string, measurement: Measurement): void {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(measurement));
  } catch {
    // Storage is forbidden or full: it is measured again next time.
  }
}
