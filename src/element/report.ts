/** Tells the owner of the page what is wrong, with code and remedy. Visitors are told in words of their own. */
export function report(error: unknown): void {
  const { code = "", message } = Object(error) as { code?: string; message?: string };
  // oxlint-disable-next-line no-console -- it is the page's own element that could not do what it is there for
  console.error(`Inkling ${code}: ${message}`, error);
}
