import { type ErrorDetails, ModelError } from "../../errors.ts";

/** A `model/format` error; the message ends with the one remedy there is. */
export function formatError(message: string, details: ErrorDetails = {}): ModelError {
  return new ModelError("model/format", `${message} Export the model again, or use the files of one release.`, details);
}
