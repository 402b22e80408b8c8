import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "vite";

/**
 * A public name as its declaration file has it.
 *
 * @typedef {object} Declaration
 * @property {string} name
 * @property {"class" | "function" | "constant" | "type"} kind
 * @property {string} signature - the declaration without its members and comments.
 * @property {Comment} comment
 * @property {Member[]} members - of a class or an interface, those that are public.
 * @property {Declaration[]} parts - declarations that it is made of and that have no public name.
 * @property {boolean} isType - whether it is given as a type alone.
 * @property {Set<string>} names - what it names of its own module, or of those that this one imports.
 *
 * @typedef {object} Member
 * @property {string} name
 * @property {boolean} isMethod
 * @property {string} signature
 * @property {Comment} comment
 *
 * @typedef {object} Comment
 * @property {string} text - Markdown.
 * @property {{ tag: string, text: string }[]} tags - `param`, `returns`, `throws`, `see` and others, in order.
 * @property {boolean} isInternal
 */

/** Reads a declaration file: its statements, and the comment before each place in it. */
function readModule(path) {
  const source = readFileSync(path, "utf8");
  const { program, comments, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0].message}`);
  const blocks = comments.filter(({ type }) => type === "Block");
  return { path, source, body: program.body, blocks };
}

/** The comment that ends right before a place. */
function commentBefore({ source, blocks }, start) {
  const found = blocks.findLast(({ end }) => end <= start);
  if (found === undefined || source.slice(found.end, start).trim() !== "") return parseComment("");
  return parseComment(found.value);
}

/** Splits a comment into its text and its tags. */
export function parseComment(value) {
  const lines = value.replace(/^\*/, "").split("\n");
  const text = lines
    .map((line) => line.replace(/^\s*\*? ?/, ""))
    .join("\n")
    .trim();
  const [first, ...rest] = text.split(/^@(?=\w)/m);
  const tags = rest.map((each) => {
    const [, tag, content] = /^(\w+)\s*([\s\S]*)$/.exec(each);
    return { tag, text: content.trim() };
  });
  return {
    text: first.trim(),
    tags: tags.filter(({ tag }) => tag !== "internal"),
    isInternal: tags.some(({ tag }) => tag === "internal"),
  };
}

/** Source text between two places, without comments and modifiers, on one line where it is short. */
function textOf({ source, blocks }, start, end) {
  let text = "";
  let from = start;
  for (const block of blocks.filter((each) => each.start >= start && each.end <= end)) {
    text += source.slice(from, block.start);
    from = block.end;
  }
  text += source.slice(from, end);
  const tidy = text
    .replace(/^(?:export )?(?:declare )?/, "")
    .replace(/\breadonly (?=[\w["#])/g, "")
    .replace(/^\s*\n/gm, "")
    .replace(/;$/, "");
  const flat = tidy.replace(/\s+/g, " ");
  return flat.length <= 100 ? flat : tidy;
}

/** Most strings of a union that are written out. */
const maxStrings = 12;

function shorten(signature) {
  const [head, union = ""] = signature.split(/ =\s*(?=\|? ?")/);
  const strings = union.match(/"[^"]*"/g) ?? [];
  if (strings.length <= maxStrings || !/^[\s|]*("[^"]*"[\s|]*)+$/.test(union)) return signature;
  return `${head} = ${strings.slice(0, 3).join(" | ")} | … // ${strings.length} in all`;
}

const kinds = {
  ClassDeclaration: "class",
  TSDeclareFunction: "function",
  VariableDeclaration: "constant",
  TSInterfaceDeclaration: "type",
  TSTypeAliasDeclaration: "type",
};

/** Statements of a module that declare a name; several for a function with overloads. */
function findStatements(module, name) {
  return module.body.flatMap((statement) => {
    const declaration = statement.declaration ?? statement;
    if (!(declaration.type in kinds)) return [];
    const names = declaration.declarations?.map(({ id }) => id.name) ?? [declaration.id?.name];
    return names.includes(name) ? [{ statement, declaration }] : [];
  });
}

/** Names that the platform calls, and no app. */
const lifecycle = /^(?:connectedCallback|disconnectedCallback|attributeChangedCallback|observedAttributes)$/;

function isPublic(module, member) {
  return (
    // Why no setters: what can be read is listed once.
    member.kind !== "set" &&
    !lifecycle.test(member.key?.name ?? "") &&
    member.accessibility !== "private" &&
    member.accessibility !== "protected" &&
    member.key?.type !== "PrivateIdentifier" &&
    member.kind !== "constructor" &&
    !commentBefore(module, member.start).isInternal
  );
}

function readMember(module, member) {
  const { key, computed } = member;
  const name =
    key === undefined
      ? module.source.slice(member.start, member.end).replace(/\].*$/s, "]").replace("readonly ", "")
      : module.source.slice(key.start, key.end);
  return {
    name: computed ? `[${name}]` : name,
    isMethod: /^(?:Method|TSMethod|TSAbstractMethod)/.test(member.type) && member.kind !== "get",
    signature: textOf(module, member.start, member.end).replace(/^get (\w+)\(\)/, "$1"),
    comment: commentBefore(module, member.start),
  };
}

/** Reads one name of a module that declares it. */
function readDeclaration(module, name, publicNames) {
  const found = findStatements(module, name);
  const [{ declaration }] = found;
  const comment =
    found.map((each) => commentBefore(module, each.statement.start)).find(({ text }) => text) ?? parseComment("");
  const body = declaration.body?.body ?? [];
  const members = body.filter((member) => isPublic(module, member)).map((member) => readMember(module, member));
  const isOpen = declaration.body !== undefined && declaration.body !== null;
  const signatures = found.map((each) =>
    shorten(textOf(module, each.statement.start, isOpen ? declaration.body.start : each.statement.end).trim()),
  );
  const text = [...signatures, ...members.map(({ signature }) => signature)].join("\n");
  const parts = findParts(module, text, name, publicNames);
  const names = new Set([...findNames(module, text), ...parts.flatMap((part) => [...part.names])]);
  return { name, kind: kinds[declaration.type], signature: signatures.join("\n"), comment, members, parts, names };
}

/** Names of types in a text that are the module's own or imported: others are those of the platform. */
function findNames(module, text) {
  const words = text.match(/\b[A-Z]\w+\b/g) ?? [];
  const imports = listImports(module);
  return words.filter((word) => imports.has(word) || findStatements(module, word).length > 0);
}

/** Declarations of the same module that a text names and that nobody can import. */
function findParts(module, text, name, publicNames) {
  return [...new Set(findNames(module, text))]
    .filter((each) => each !== name && !publicNames.has(each) && findStatements(module, each).length > 0)
    .map((each) => readDeclaration(module, each, new Set([...publicNames, name, each])));
}

/** Name in the module -> where it comes from, for all that a module takes from others. */
function listImports(module) {
  const imports = new Map();
  for (const statement of module.body) {
    if (statement.type !== "ImportDeclaration") continue;
    for (const { local, imported } of statement.specifiers) {
      imports.set(local.name, { source: statement.source.value, name: imported?.name ?? "default" });
    }
  }
  return imports;
}

/** Name -> module and name in it, for all that a module gives to others. */
function listExports(module) {
  const exported = [];
  const imports = listImports(module);
  for (const statement of module.body) {
    if (statement.type === "ExportAllDeclaration") throw new Error(`${module.path} exports all of another module.`);
    if (statement.type !== "ExportNamedDeclaration") continue;
    const declared = statement.declaration;
    const own = declared?.declarations?.map(({ id }) => id.name) ?? (declared?.id ? [declared.id.name] : []);
    exported.push(...own.map((name) => ({ name, source: null, local: name, isType: false })));
    for (const { local, exported: given, exportKind } of statement.specifiers) {
      const isType = statement.exportKind === "type" || exportKind === "type";
      const origin = statement.source ? { source: statement.source.value, name: local.name } : imports.get(local.name);
      exported.push({ name: given.name, source: origin?.source ?? null, local: origin?.name ?? local.name, isType });
    }
  }
  return exported.filter(({ name }, position) => exported.findIndex((each) => each.name === name) === position);
}

/**
 * Reads what an entry of the package gives to others.
 *
 * @param {string} path - of its declaration file.
 * @returns {Declaration[]} in the order of their names.
 */
export function readEntry(path) {
  const exported = listExports(readModule(path));
  const publicNames = new Set(exported.map(({ name }) => name));
  return exported
    .map(({ name, source, local, isType }) => ({ ...readExport(path, name, source, local, publicNames), isType }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readExport(path, name, source, local, publicNames) {
  const file = source === null ? path : join(dirname(path), source.replace(/\.js$/, ".d.ts"));
  const module = readModule(file);
  if (findStatements(module, local).length > 0) return { ...readDeclaration(module, local, publicNames), name };
  const next = listExports(module).find((each) => each.name === local);
  if (next === undefined || next.source === null) throw new Error(`${file} has no declaration of ${local}.`);
  return readExport(file, name, next.source, next.local, publicNames);
}
