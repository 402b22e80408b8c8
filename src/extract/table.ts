import { descend, type HtmlElement } from "./tree.ts";

/** A cell's place in the grid is bounded, so that no attribute makes a table of millions. */
const maxSpan = 100;

const rowGroups = new Set(["thead", "tbody", "tfoot"]);

/** What would lose its meaning as part of a sentence. */
const unfit = /^(?:table|h[1-6]|pre|listing|xmp|dl)$/;

/** How a table is read. */
export interface CellReader {
  /** Whether an element is left out with all below it. */
  isSkipped(element: HtmlElement): boolean;
  /** Gives the text of a cell as one line. */
  read(cell: HtmlElement): string;
}

interface Row {
  readonly cells: readonly HtmlElement[];
  readonly isHead: boolean;
}

/**
 * Reads a table of data as sentences: a line for each row that names the column before each value, `Plant: fern; Days: 3.`
 * So a row is understood, and found, by itself.
 *
 * @returns `undefined` where the table has no heads of columns, or holds what does not fit into a sentence: it may be layout.
 */
export function readTableSentences(table: HtmlElement, reader: CellReader): string[] | undefined {
  const rows = findRows(table, reader);
  const headCount = countHeadRows(rows);
  if (headCount === 0 || headCount === rows.length || holdsUnfit(table)) return undefined;
  const grid = readGrid(rows, reader);
  const heads = grid[headCount - 1]!;
  if (heads.filter((head) => head !== "").length < 2) return undefined;
  return [
    ...findCaptions(table, reader).map((caption) => reader.read(caption)),
    ...grid.slice(headCount).map((row) => toSentence(row, heads)),
  ].filter((line) => line !== "");
}

function findRows(table: HtmlElement, reader: CellReader): Row[] {
  const rows: Row[] = [];
  const visit = (parent: HtmlElement, isHead: boolean): void => {
    for (const child of parent.children) {
      if (typeof child === "string" || reader.isSkipped(child)) continue;
      if (rowGroups.has(child.name)) visit(child, child.name === "thead");
      else if (child.name === "tr") {
        const cells = child.children.filter((cell): cell is HtmlElement => isCell(cell) && !reader.isSkipped(cell));
        if (cells.length > 0) rows.push({ cells, isHead });
      }
    }
  };
  visit(table, false);
  return rows;
}

function isCell(node: HtmlElement | string): node is HtmlElement {
  return typeof node !== "string" && (node.name === "td" || node.name === "th");
}

/** Rows of `thead`; without one, the first row if all its cells are heads. */
function countHeadRows(rows: readonly Row[]): number {
  const firstOfBody = rows.findIndex(({ isHead }) => !isHead);
  if (firstOfBody !== 0) return firstOfBody < 0 ? rows.length : firstOfBody;
  return rows[0]!.cells.every(({ name }) => name === "th") ? 1 : 0;
}

function holdsUnfit(table: HtmlElement): boolean {
  for (const { name } of descend(table)) if (unfit.test(name)) return true;
  return false;
}

function findCaptions(table: HtmlElement, reader: CellReader): HtmlElement[] {
  return table.children.filter(
    (child): child is HtmlElement => typeof child !== "string" && child.name === "caption" && !reader.isSkipped(child),
  );
}

/** Text by row and column; a cell that spans several stands in each row, but only in its first column. */
function readGrid(rows: readonly Row[], reader: CellReader): string[][] {
  /** By column: text that comes down from a row above, and for how many more rows. */
  const hanging = new Map<number, { text: string; rows: number }>();
  return rows.map(({ cells }) => {
    const texts: string[] = [];
    let column = 0;
    const takeHanging = (): void => {
      for (let above = hanging.get(column); above !== undefined; above = hanging.get(++column)) {
        texts[column] = above.text;
        if (--above.rows === 0) hanging.delete(column);
      }
    };
    for (const cell of cells) {
      takeHanging();
      const text = reader.read(cell);
      const [width, height] = [spanOf(cell, "colspan"), spanOf(cell, "rowspan")];
      for (let i = 0; i < width; i++, column++) {
        texts[column] = i === 0 ? text : "";
        if (height > 1) hanging.set(column, { text: texts[column]!, rows: height - 1 });
      }
    }
    takeHanging();
    return Array.from(texts, (text) => text ?? "");
  });
}

function spanOf(cell: HtmlElement, attribute: "colspan" | "rowspan"): number {
  const span = Number.parseInt(cell.attributes[attribute] ?? "1", 10);
  return span > 1 ? Math.min(span, maxSpan) : 1;
}

function toSentence(row: readonly string[], heads: readonly string[]): string {
  const parts = row.flatMap((text, column) => {
    if (text === "") return [];
    const head = (heads[column] ?? "").replace(/\s*:$/, "");
    return [head === "" || head === text ? text : `${head}: ${text}`];
  });
  // Why: a row with one cell is a heading within the table, not a value of the first column.
  const isHeading = row.findLastIndex((text) => text !== "") === 0;
  const line = isHeading ? row[0]! : parts.join("; ");
  return line === "" || isHeading || /[.!?…。！？:;]$/.test(line) ? line : `${line}.`;
}
