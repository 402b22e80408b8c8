import { type ErrorDetails, StorageError } from "../../src/errors.ts";

/** The `name` of a thrown DOMException or error, `""` for anything else. */
export function errorName(error: unknown): string {
  return error instanceof Object && "name" in error ? String(error.name) : "";
}

/** Usage and quota of the origin in bytes; empty where the browser does not tell. */
async function estimateSpace(): Promise<ErrorDetails> {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    return { usage: usage ?? null, quota: quota ?? null };
  } catch {
    return {};
  }
}

async function quotaError(database: string, cause: unknown): Promise<StorageError> {
  const space = await estimateSpace();
  const found = typeof space["usage"] === "number" ? ` (${space["usage"]} of ${space["quota"]} bytes are used)` : "";
  return new StorageError(
    "storage/quota",
    `The browser has no room left for the database "${database}"${found}; expected room for the new blocks. ` +
      `What was stored before is unchanged. Free space, remove documents, or keep the index in memory.`,
    { database, ...space },
    cause,
  );
}

/** What a failed call on an open database is to the caller: `storage/quota` or `storage/failed`. */
export async function callError(database: string, action: string, cause: unknown): Promise<StorageError> {
  if (cause instanceof StorageError) return cause;
  const name = errorName(cause);
  if (name === "QuotaExceededError") return quotaError(database, cause);
  return new StorageError(
    "storage/failed",
    `The database "${database}" could not ${action}: ${name || "error"}, ${messageOf(cause)}. ` +
      `Nothing was changed. Try again, or clear the site's data if it goes on.`,
    { database, action, error: name },
    cause,
  );
}

/** What a database that cannot be opened is to the caller: `storage/quota` or `storage/unavailable`. */
export async function openError(database: string, cause: unknown): Promise<StorageError> {
  if (cause instanceof StorageError) return cause;
  if (errorName(cause) === "QuotaExceededError") return quotaError(database, cause);
  return unavailableError(database, `${errorName(cause) || "error"}, ${messageOf(cause)}`, cause);
}

/** `storage/unavailable` with the reason in words. */
export function unavailableError(database: string, reason: string, cause?: unknown): StorageError {
  return new StorageError(
    "storage/unavailable",
    `The database "${database}" cannot be opened: ${reason}. Expected IndexedDB, which private windows, sandboxed ` +
      `frames and browser settings may withhold. Keep the index in memory, or allow storage for this site.`,
    { database, reason },
    cause,
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
