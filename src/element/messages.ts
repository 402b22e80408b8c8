import type { Texts } from "./texts/texts.ts";

/** What a visitor is told of an error: by the area of its code, not by its message, which is for the owner of the page. */
export function explain(error: unknown, texts: Texts): string {
  const { code = "" } = (error ?? {}) as { readonly code?: string };
  if (code === "argument/option") return texts.badSetup;
  const area = code.split("/", 1)[0];
  if (area === "worker") return texts.cannotStart;
  if (area === "index" || area === "storage" || area === "site") return texts.noIndex;
  return texts.failed;
}
