// Pages and sites: the part of the library that `addPage` and `addSite` load.
export { addPage } from "./page/add-page.ts";
export { addSite } from "./site/add-site.ts";
