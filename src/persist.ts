let isAsked = false;

/**
 * Asks the browser not to delete what this origin has stored when the disk fills up, unless it has agreed already. Does nothing
 * before the visitor has clicked or typed: some browsers put the question to the visitor, who must see what it is about. Once
 * refused, it is not asked again by this page.
 */
export async function askToPersist(): Promise<void> {
  const { storage, userActivation } = navigator as Partial<Navigator>;
  // Why the doubt: pages without https have no such storage, and older browsers do not tell of clicks.
  if (isAsked || storage === undefined || userActivation?.hasBeenActive === false) return;
  isAsked = true;
  if (!(await storage.persisted())) await storage.persist();
}
