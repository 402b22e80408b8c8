/** Headings of the kinds of names, in the order in which a page shows them. */
const headings = [
  ["function", "Functions"],
  ["class", "Classes"],
  ["constant", "Constants"],
  ["type", "Types"],
];

/** A type that is one of a few words or a plain one is said beside the name; others get a block of their own. */
const maxInline = 90;

/** Longest line of code, in characters: a line has room for about as many beside the list of pages. */
const maxLine = 72;

/** A signature with each parameter on a line of its own, where it is too long for one. */
function breakParameters(signature) {
  const open = signature.indexOf("(");
  const close = findEnd(signature, open);
  if (signature.length <= maxLine || signature.includes("\n") || open < 0 || close < 0) return signature;
  const parameters = splitAtCommas(signature.slice(open + 1, close));
  if (parameters.length < 2) return signature;
  return [signature.slice(0, open + 1), ...parameters.map((each) => `  ${each},`), signature.slice(close)].join("\n");
}

/** Where the bracket ends that begins at a place; -1 where it does not. */
function findEnd(text, open) {
  let depth = 0;
  for (let i = open; i >= 0 && i < text.length; i++) {
    if ("({[".includes(text[i])) depth++;
    else if (")}]".includes(text[i]) && --depth === 0) return i;
  }
  return -1;
}

function splitAtCommas(text) {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if ("({[<".includes(character)) depth++;
    // Why not ">": it may be the end of an arrow.
    if (")}]".includes(character)) depth--;
    if (character === ">" && !parts.at(-1).endsWith("=")) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

/**
 * Writes the pages of an entry as one page of the guide.
 *
 * @param {{ specifier: string, declarations: import("./api-declarations.mjs").Declaration[] }[]} entries
 * @param {{ title: string, description: string, order: number }} page
 */
export function writeApiPage(entries, { title, description, order }) {
  const lines = [
    "---",
    `title: "${title}"`,
    `description: "${description}"`,
    "group: Reference",
    `order: ${order}`,
    "---",
    "",
    "<!-- Made by scripts/api-reference.mjs of the comments in the sources. Change them, not this page. -->",
    "",
    `# ${title}`,
    "",
    `${description} Types are written in TypeScript. Properties of options and answers are read-only.`,
  ];
  for (const { specifier, declarations } of entries) {
    if (entries.length > 1) lines.push("", `## ${specifier}`, "", ...writeImport(specifier, declarations));
    else lines.push("", ...writeImport(specifier, declarations));
    for (const [kind, heading] of headings) {
      const found = declarations.filter((each) => each.kind === kind);
      if (found.length === 0) continue;
      if (entries.length === 1) lines.push("", `## ${heading}`);
      for (const declaration of found) lines.push("", ...writeDeclaration(declaration, declarations));
    }
  }
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

function writeImport(specifier, declarations) {
  const values = declarations.filter(({ kind, isType }) => kind !== "type" && !isType).map(({ name }) => name);
  if (values.length === 0) return [];
  const line = `import { ${values.join(", ")} } from "${specifier}";`;
  const list = ["import {", ...values.map((name) => `  ${name},`), `} from "${specifier}";`];
  return ["```js", ...(line.length <= maxLine ? [line] : list), "```"];
}

function writeDeclaration(declaration, all) {
  const { name, signature, comment, members, parts } = declaration;
  // Why: a name alone says nothing that the heading does not say.
  const block =
    signature === `interface ${name}` ? [] : ["```ts", ...signature.split("\n").map(breakParameters), "```"];
  const lines = [`### ${name}`, "", ...writeComment(comment), ...block, ...writeTags(comment)];
  const methods = members.filter(({ isMethod }) => isMethod);
  const isClass = declaration.kind === "class";
  const listed = isClass ? members.filter((member) => !methods.includes(member)) : members;
  if (listed.length > 0) lines.push("", ...listed.flatMap(writeProperty));
  for (const part of parts) {
    if (part.members.length === 0) lines.push("", "```ts", part.signature, "```");
    else lines.push("", `Of \`${part.name}\` it has:`, "", ...part.members.flatMap(writeProperty));
  }
  if (isClass) for (const method of methods) lines.push("", ...writeMethod(name, method));
  const others = all.map((each) => each.name).filter((each) => each !== name && declaration.names.has(each));
  if (others.length > 0)
    lines.push("", `See also ${others.map((each) => `[\`${each}\`](#${each.toLowerCase()})`).join(", ")}.`);
  return lines;
}

function writeMethod(owner, { name, signature, comment }) {
  const lines = [`#### ${owner}.${name}`, "", ...writeComment(comment), "```ts", breakParameters(signature), "```"];
  return [...lines, ...writeTags(comment)];
}

/** One line of a list: name, type, meaning. */
function writeProperty({ name, signature, comment }) {
  const flat = signature.replace(/\s+/g, " ");
  const shown = flat.length <= maxInline ? flat : `${name}: …`;
  const text = [comment.text, ...comment.tags.map(describeTag)].filter(Boolean).join(" ");
  const line = `- \`${shown}\`${text === "" ? "" : `  ${escapeMarkup(text).replace(/\s+/g, " ")}`}`;
  return flat.length <= maxInline ? [line] : [line, "", "  ```ts", ...indent(signature), "  ```", ""];
}

function indent(text) {
  return text.split("\n").map((line) => `  ${line}`);
}

function writeComment({ text }) {
  return text === "" ? [] : [escapeMarkup(text), ""];
}

function writeTags({ tags }) {
  if (tags.length === 0) return [];
  return ["", ...tags.map((tag) => `- ${escapeMarkup(describeTag(tag)).replace(/\s+/g, " ")}`)];
}

function describeTag({ tag, text }) {
  const param = /^(\w+)\s*-?\s*([\s\S]*)$/.exec(text);
  if (tag === "param" && param) return `\`${param[1]}\`: ${param[2]}`;
  const errors = text.replace(/\{(\w+)\}/g, "`$1`");
  return `${tag === "see" ? "See" : tag[0].toUpperCase() + tag.slice(1)}: ${errors}`;
}

/** Writes text so that nothing in it is taken for markup of HTML; code stays as it is. */
function escapeMarkup(text) {
  return text
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .split(/(`[^`]*`)/)
    .map((piece) => (piece.startsWith("`") ? piece : piece.replace(/[<{]/g, "\\$&").replace(/\[/g, "\\[")))
    .join("");
}
