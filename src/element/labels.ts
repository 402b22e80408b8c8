import { primaryOf, readLanguage } from "./language.ts";

/** The few words that are on the page before anything else is loaded. */
export interface Labels {
  /** On the button that opens the dialog, and the accessible name of the search. */
  readonly search: string;
  readonly placeholder: string;
  /** Where the rest of the search could not be loaded. */
  readonly broken: string;
}

/** By primary language subtag. */
export const labels: Readonly<Record<string, Labels>> = {
  en: {
    search: "Search",
    placeholder: "Ask in your own words",
    broken: "Search could not be loaded.",
  },
  de: {
    search: "Suchen",
    placeholder: "Fragen Sie in eigenen Worten",
    broken: "Die Suche konnte nicht geladen werden.",
  },
  fr: {
    search: "Rechercher",
    placeholder: "Posez la question avec vos mots",
    broken: "La recherche n’a pas pu être chargée.",
  },
  es: {
    search: "Buscar",
    placeholder: "Pregunte con sus palabras",
    broken: "No se pudo cargar la búsqueda.",
  },
};

/** Gives the first words of a language, such as `de-AT`; the English ones where there are none. */
export function pickLabels(language: string): Labels {
  const primary = primaryOf(language);
  return labels[Object.hasOwn(labels, primary) ? primary : "en"]!;
}

/** The first words of an element, in its language. Attributes go before, and so does what its owner has set. */
export function readLabels(host: Element & { readonly texts?: Partial<Labels> | null }): Labels {
  const { broken, ...own } = pickLabels(readLanguage(host));
  const read = (name: "search" | "placeholder", attribute: string): string =>
    host.getAttribute(attribute) || host.texts?.[name] || own[name];
  return { search: read("search", "label"), placeholder: read("placeholder", "placeholder"), broken };
}
