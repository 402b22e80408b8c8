/** The release that a script belongs to, as in `package.json`: a page and its worker must be of the same one. */
export const version = "0.1.0";
