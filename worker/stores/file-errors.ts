import { StorageError } from "../../src/errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const FORBIDDEN = new Set(["EACCES", "EPERM", "EROFS"]);

/** The system's error code such as `ENOENT`, `""` where there is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What a failed file operation is to the caller. */
export function fileError(folder: string, action: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = systemCode(cause);
  const path = cause instanceof Error && "path" in cause ? String(cause.path) : folder;
  const details = { path, error: code };
  const found = `The index folder could not ${action}: ${cause instanceof Error ? cause.message : String(cause)} (${path}).`;
  if (FULL.has(code)) {
    return new StorageError(
      "storage/quota",
      `${found} Expected room for the new blocks. What was stored before is unchanged. Free space and try again.`,
      details,
      cause,
    );
  }
  if (FORBIDDEN.has(code)) {
    return new StorageError(
      "storage/unavailable",
      `${found} Expected a folder this user may read and write. Change its permissions or choose another folder.`,
      details,
      cause,
    );
  }
  return new StorageError(
    "storage/failed",
    `${found} Expected a folder that holds nothing but an index. Check what stands at this path, then try again.`,
    details,
    cause,
  );
}
