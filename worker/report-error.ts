import type { SearchError } from "../src/errors.ts";
import type { ErrorReport } from "../src/types.ts";

/** The plain facts of an error, for `status()`. */
export function reportError(error: SearchError): ErrorReport {
  return { name: error.name, code: error.code, message: error.message, details: error.details };
}
