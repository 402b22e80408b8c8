import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../../../cli/main.ts";
import { captureTerminal } from "../../cli/capture-terminal.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** A site with its index, whole and in pieces, in a folder that is removed at the end. */
export interface SiteInPieces {
  /** The pages; `inkling` below it has the index. */
  readonly site: string;
  readonly index: string;
  remove(): Promise<void>;
}

/** Builds the index of a folder of this repository, as a user would. */
export async function buildSiteInPieces(pages: string): Promise<SiteInPieces> {
  const folder = await mkdtemp(join(tmpdir(), "inkling-pieces-"));
  const site = join(folder, "site");
  await cp(join(root, pages), site, { recursive: true });
  await build(site);
  return { site, index: join(site, "inkling"), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Builds again, with what changed. */
export async function build(site: string): Promise<void> {
  const terminal = captureTerminal();
  const code = await runCommandLine(["build", site, "--pieces", "--threads", "0"], terminal);
  if (code !== 0) throw new Error(terminal.error());
}
