import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the plugins pass on to `inkling build`; see its help. */
export interface IndexOptions {
  /** Folder of the index, in that of the finished site. Default `inkling`. */
  readonly out?: string;
  /** Only pages whose path fits one of these. */
  readonly include?: readonly string[];
  /** No pages whose path fits one of these. */
  readonly exclude?: readonly string[];
  /** Where the site is served. Default: what the site's own configuration says. */
  readonly baseUrl?: string;
  /** Whether addresses are without `.html`. Default: what the site's own configuration says. */
  readonly cleanUrls?: boolean;
  /** Path of a module whose default export gives questions, keywords or a summary of a passage. */
  readonly enrich?: string;
  /** Language of pages that declare none. Default: it is detected. */
  readonly lang?: string;
  /** Name of a built-in model, an id of the Hugging Face hub, or a folder. Default: the built-in instant model. */
  readonly model?: string;
  /** Threads that parse pages. Default: one for each core. */
  readonly threads?: number;
  /** Whether the index is also written in pieces, which is what pages load; without them, only the command line can ask it. Default true. */
  readonly pieces?: boolean;
}

/** What `inkling build --json` says, as far as it is told on. */
interface BuildSummary {
  readonly pages: number;
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly warnings: readonly { readonly url: string; readonly message: string }[];
  readonly index: { readonly pages: number; readonly passages: number };
}

/**
 * Indexes a finished site by the command line, in a process of its own: threads and memory of the site's generator are its own.
 *
 * @param folder - of the finished pages.
 * @param say - gets a line on the outcome, and one for each warning.
 * @throws with the command's message where it fails: the site's build is to fail, too.
 */
export async function buildIndex(folder: string, options: IndexOptions, say: (line: string) => void): Promise<void> {
  const { code, output, errors } = await run(["build", folder, ...toArguments(folder, options), "--json"]);
  if (code !== 0) throw new Error(errors.trim() || `inkling build ended with code ${code}.`);
  const summary = JSON.parse(output.trim().split("\n").at(-1)!) as BuildSummary;
  for (const { url, message } of summary.warnings) say(`${url}: ${message}`);
  const { added, replaced, unchanged, removed, index } = summary;
  say(
    `${index.pages} pages, ${index.passages} passages indexed: ${added} added, ${replaced} replaced, ${unchanged} unchanged, ${removed} removed`,
  );
}

function toArguments(folder: string, options: IndexOptions): string[] {
  const { out = "inkling", include = [], exclude = [], baseUrl, cleanUrls = false } = options;
  const { enrich, lang, model, threads, pieces = true } = options;
  const named = { "base-url": baseUrl, enrich, lang, model, threads };
  return [
    "--out",
    join(folder, out),
    ...include.flatMap((glob) => ["--include", glob]),
    ...exclude.flatMap((glob) => ["--exclude", glob]),
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(pieces ? ["--pieces"] : []),
    // Why only with a base: without one, urls are paths of files.
    ...(cleanUrls && baseUrl !== undefined ? ["--clean-urls"] : []),
  ];
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function run(args: readonly string[]): Promise<Finished> {
  const command = fileURLToPath(new URL("./cli.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const [output, errors]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: output.join(""), errors: errors.join("") }));
  });
}

/** What generators write for addresses that are not there. */
export const errorPage = "404.html";

/** The address that a generator knows its site by, as an option; none for one that is relative. */
export function servedAt(base: string): Pick<IndexOptions, "baseUrl"> {
  return base.startsWith("/") || /^https?:\/\//.test(base) ? { baseUrl: base } : {};
}
