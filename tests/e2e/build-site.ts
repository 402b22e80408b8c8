import { buildLibrary, buildSite } from "../../demo/build.mjs";

/** Brings the library and the guide's site up to date, once for all files that open it. */
export async function setup(): Promise<void> {
  await buildLibrary();
  await buildSite();
}
