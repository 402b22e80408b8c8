import picomatch from "picomatch";
import { usageError } from "../arguments.ts";

/**
 * Makes the test which pages are wanted: those that fit one of `include`, or all where it is empty, and none of `exclude`.
 * Patterns are matched with the whole path from the folder; one without a slash with the file's name. A pattern that ends with a slash takes all below.
 *
 * @throws {InvalidArgumentError} `argument/option` for an empty pattern.
 */
export function createPageFilter(include: readonly string[], exclude: readonly string[]): (path: string) => boolean {
  const isIncluded = include.length === 0 ? (): boolean => true : anyOf("--include", include);
  const isExcluded = anyOf("--exclude", exclude);
  return (path) => isIncluded(path) && !isExcluded(path);
}

function anyOf(option: string, patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const plain = pattern.trim().replace(/^\.\//, "");
    if (plain === "") throw usageError(`${option} is "${pattern}", expected a pattern such as "guide/**" or "*.md".`);
    const whole = plain.endsWith("/") ? `${plain}**` : plain;
    return picomatch(whole, { basename: !whole.includes("/"), nonegate: true });
  });
  return (path) => tests.some((test) => test(path));
}
