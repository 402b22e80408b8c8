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

/** The language of an element: its own `lang`, or that of the nearest ancestor that has one, such as `de-AT`. */
export function readLanguage(element: Element): string {
  return element.closest("[lang]")?.getAttribute("lang") || "en";
}

/** Gives the entry of a language, else the English one. */
export function pickLanguage<T>(entries: Readonly<Record<string, T>>, language: string): T {
  const primary = language.split("-", 1)[0]!.toLowerCase();
  return Object.hasOwn(entries, primary) ? entries[primary]! : entries["en"]!;
}

/** The first words of an element, in its language. Attributes go before, and so does what its owner has set. */
export function readLabels(host: Element & { readonly texts?: Partial<Labels> | null }): Labels {
  const { broken, ...own } = pickLanguage(labels, readLanguage(host));
  const read = (name: "search" | "placeholder", attribute: string): string =>
    host.getAttribute(attribute) || host.texts?.[name] || own[name];
  return { search: read("search", "label"), placeholder: read("placeholder", "placeholder"), broken };
}
