/** The language of an element: its own `lang`, or that of the nearest ancestor that has one, such as `de-AT`. */
export function readLanguage(element: Element): string {
  return element.closest("[lang]")?.getAttribute("lang") || "en";
}

/** What comes before the first hyphen of a language tag, which names the language alone. */
export function primaryOf(language: string): string {
  return language.split("-", 1)[0]!.toLowerCase();
}
