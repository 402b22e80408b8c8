import { ModelError } from "../../errors.ts";

const beginning = /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html)/i;

/**
 * A model's file as it is, unless it is a web page: single-page hosts answer every address with their page and status 200.
 *
 * @param remedy - where the file should be.
 * @throws {ModelError} `model/missing`
 */
export function refuseWebPage(url: string, bytes: Uint8Array, remedy: string): Uint8Array {
  if (!beginning.test(String.fromCharCode(...bytes.subarray(0, 256)))) return bytes;
  throw new ModelError(
    "model/missing",
    `${url} is a web page, not a file of the model; the host probably answers unknown addresses with its start page. ${remedy}`,
    { url, bytes: bytes.length },
  );
}
