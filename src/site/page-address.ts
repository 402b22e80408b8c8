/** Parameters that say where a visitor came from, and change nothing of the page. */
const tracking = /^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hs(?:enc|mi)|ref_src)$/i;

/** Fragments that are routes of an app: `#/settings`, `#!/settings`. */
const route = /^#!?\//;

/** The address by which a page is known: without its fragment, unless that is a route, and without tracking parameters. */
export function pageAddress(url: URL): string {
  const address = new URL(url);
  if (!route.test(address.hash)) address.hash = "";
  const names = [...address.searchParams.keys()].filter((name) => tracking.test(name));
  // Why not always: setting a parameter writes the others anew, and `?a` would become `?a=`.
  for (const name of names) address.searchParams.delete(name);
  return address.href;
}

/** An address as a page writes it, absolute; null for what is none of a page. */
export function resolvePage(written: string, base: string): URL | null {
  try {
    const url = new URL(written.trim(), base);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

/**
 * The address that a page is to be known by: the one it names as its own, where that is on the same origin and can be meant;
 * a start page that all pages name is a mistake of their template.
 */
export function ownAddress(url: URL, canonical: string, base: string = url.href): string {
  const named = canonical === "" ? null : resolvePage(canonical, base);
  const isMeant =
    named !== null && named.origin === url.origin && (named.pathname !== "/" || isStart(url)) && !route.test(url.hash);
  return pageAddress(isMeant ? named : url);
}

function isStart({ pathname }: URL): boolean {
  return /^\/(?:index\.\w+)?$/.test(pathname);
}
