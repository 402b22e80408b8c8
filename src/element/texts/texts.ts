import { primaryOf, readLanguage } from "../language.ts";
import { report } from "../report.ts";
import { en } from "./en.ts";

/**
 * Every word the elements show. `{n}`, `{done}`, `{total}`, `{percent}`, `{query}` stand for values. Where there are two forms
 * with `|` between them, the first is for one, the second for any other number.
 */
export interface Texts {
  /** On the button that opens the dialog, and the accessible name of the search. */
  readonly search: string;
  readonly placeholder: string;
  readonly close: string;
  readonly results: string;
  /** Above the searches of earlier visits, and on the button that forgets them. */
  readonly recent: string;
  readonly forget: string;
  /** What keys do, at the foot of the list. */
  readonly move: string;
  readonly open: string;
  readonly leave: string;
  /** Where there is nothing to show yet. */
  readonly hint: string;
  readonly pages: string;
  readonly byWords: string;
  readonly byMeaning: string;
  readonly nothing: string;
  readonly nothingHint: string;
  /** A passage before the first heading of its page. */
  readonly beginning: string;
  readonly filters: string;
  readonly opening: string;
  readonly reading: string;
  readonly learning: string;
  readonly loading: string;
  readonly stillReading: string;
  /** Why there is no search: its script could not start; its index cannot be read; the page asks for it wrongly; all else. */
  readonly cannotStart: string;
  readonly noIndex: string;
  readonly badSetup: string;
  readonly failed: string;
}

const others: Readonly<Record<string, () => Promise<Texts>>> = {
  de: () => import("./de.ts").then(({ de }) => de),
  fr: () => import("./fr.ts").then(({ fr }) => fr),
  es: () => import("./es.ts").then(({ es }) => es),
};

/** Loads the words of an element's language; English where there are none, or where they cannot be loaded. */
export async function loadTexts(host: Element): Promise<Texts> {
  const language = primaryOf(readLanguage(host));
  if (!Object.hasOwn(others, language)) return en;
  return others[language]!().catch((error: unknown) => {
    report(error);
    return en;
  });
}

/** The words with those that the element's owner has changed, by script or by the attribute `texts`, which holds JSON. */
export function withOwnTexts(base: Texts, host: Element & { readonly texts: Partial<Texts> | null }): Texts {
  const own = Object.entries(host.texts ?? readAttribute(host)).filter(([, text]) => typeof text === "string");
  return { ...base, ...Object.fromEntries(own) };
}

function readAttribute(host: Element): Partial<Texts> {
  try {
    return (JSON.parse(host.getAttribute("texts") ?? "{}") as Partial<Texts> | null) ?? {};
  } catch (error) {
    report(error);
    return {};
  }
}

/** Puts values into a text; its form is chosen by `n`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>, language: string): string {
  const [one = "", other = one] = text.split("|");
  const form = typeof values["n"] === "number" && chooseForm(values["n"], language) === "one" ? one : other;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function chooseForm(count: number, language: string): string {
  try {
    return new Intl.PluralRules(language).select(count);
  } catch {
    // The page's `lang` is no language tag.
    return count === 1 ? "one" : "other";
  }
}
