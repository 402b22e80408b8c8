import { InvalidArgumentError } from "../index.ts";
import { report } from "./report.ts";

/** The error of an attribute with a value that means nothing. @param expected - and what is used instead, if anything. */
export function attributeError(name: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "argument/option",
    `The attribute \`${name}\` is ${JSON.stringify(found)}, expected ${expected}.`,
  );
}

const reported = new Set<string>();

/** Tells the owner of the page of such a value, once: attributes are read again whenever one of them changes. */
export function reportAttribute(name: string, found: string, expected: string): void {
  const error = attributeError(name, found, expected);
  if (!reported.has(error.message)) report(error);
  reported.add(error.message);
}

/** Reports a value that is none of those there are. */
export function checkWord(host: Element, name: string, words: readonly string[]): void {
  const found = host.getAttribute(name);
  if (found !== null && !words.includes(found)) reportAttribute(name, found, words.join(" or "));
}
