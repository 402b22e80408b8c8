import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { StorageError } from "../../src/errors.ts";
import { systemCode } from "./file-errors.ts";

const POLL_MS = 20;
/** A lock that is not readable as one was left by a process that died while writing these few bytes. */
const UNREADABLE_AFTER_MS = 2000;

/** Who holds the lock. The token tells this process from an earlier one with the same number, as in containers. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

const held = new Set<string>();

/**
 * Runs a step while no other process or store of this process is in such a step on the same lock file.
 * The lock of a process that has died is taken over.
 *
 * @throws {StorageError} `storage/conflict` if the lock is not free within `timeoutMs`.
 */
export async function withFileLock<Result>(
  path: string,
  timeoutMs: number,
  step: () => Promise<Result>,
): Promise<Result> {
  const token = await acquire(path, timeoutMs);
  try {
    return await step();
  } finally {
    await rm(path, { force: true });
    held.delete(token);
  }
}

async function acquire(path: string, timeoutMs: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const owner: Owner = { pid: process.pid, host: hostname(), token: randomUUID() };
  const deadline = Date.now() + timeoutMs;
  while (!(await create(path, owner))) {
    if (await isStale(path)) await takeAway(path);
    else if (Date.now() > deadline) throw await conflict(path, timeoutMs);
    else await wait(POLL_MS);
  }
  return owner.token;
}

async function create(path: string, owner: Owner): Promise<boolean> {
  held.add(owner.token);
  try {
    const file = await open(path, "wx");
    await sign(file, path, owner);
    return true;
  } catch (error) {
    held.delete(owner.token);
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Writes the owner into the new lock; a lock that cannot be signed, on a full disk, is not left behind. */
async function sign(file: FileHandle, path: string, owner: Owner): Promise<void> {
  try {
    await file.writeFile(JSON.stringify(owner)).finally(() => file.close());
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Removes a stale lock. A second file guards this, or two processes might each remove the other's fresh lock. */
async function takeAway(path: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await (await open(guard, "wx")).close();
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if ((await ageMs(guard)) > UNREADABLE_AFTER_MS) await rm(guard, { force: true });
    return wait(POLL_MS);
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  if (owner === undefined) return (await ageMs(path)) > UNREADABLE_AFTER_MS;
  if (owner.host !== hostname()) return false;
  return owner.pid === process.pid ? !held.has(owner.token) : !isRunning(owner.pid);
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, "utf8")) as Partial<Owner> | null;
    const { pid, host, token } = owner ?? {};
    return Number.isInteger(pid) && host !== undefined && token !== undefined ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** Age of a file; 0 if it is gone by now. */
async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    (entry) => Date.now() - entry.mtimeMs,
    () => 0,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

async function conflict(path: string, timeoutMs: number): Promise<StorageError> {
  const owner = await readOwner(path);
  const holder = owner ? `process ${owner.pid} on ${owner.host}` : "an unknown process";
  return new StorageError(
    "storage/conflict",
    `The index folder is locked by ${holder} (${path}); expected it to be free within ${timeoutMs} ms. ` +
      `Let that process finish; if it is no longer running, remove the lock file.`,
    { path, pid: owner?.pid ?? null, host: owner?.host ?? null, timeoutMs },
  );
}
