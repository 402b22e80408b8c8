import type { Manifest } from "../../../src/core/segment/manifest.ts";
import type { Tier } from "../../../src/types.ts";
import type { Engine, EngineOptions } from "../../../worker/engine.ts";
import { defer, type FaultyStore, nextTask, openEngine, pages, urlsOf } from "./engine-kit.ts";
import { type PortModel, smallId } from "./port-model.ts";

/** The second model, as manifests name it. */
export const smallKey = `${smallId}@1/128`;
/** A question that shares no word with its page, `layout.html`. */
export const question = "my picture pushes everything down when it shows up";

/** Opens an engine with a second model, and tells of each tier as it is announced. */
export async function openUpgrading(
  model: PortModel,
  options: Partial<EngineOptions> = {},
): Promise<{ engine: Engine; reached: (tier: Tier) => Promise<void> }> {
  const tiers = { words: defer(), instant: defer(), neural: defer() };
  const engine = await openEngine({
    upgrade: model.source(),
    ...options,
    onBetterAnswers: (tier) => tiers[tier].resolve(),
  });
  return { engine, reached: (tier) => tiers[tier].promise };
}

/** An engine with pages, for which a second model has taken over. */
export async function openUpgraded(model: PortModel, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const { engine, reached } = await openUpgrading(model, options);
  await engine.add(pages);
  await reached("neural");
  return engine;
}

/** The tier of an answer and its first page. */
export async function ask(engine: Engine, text: string): Promise<[Tier, string | undefined]> {
  const answer = await engine.query(text);
  return [answer.tier, urlsOf(answer)[0]];
}

/** Resolves when the status is as wanted. */
export async function untilStatus(
  engine: Engine,
  isReached: (status: Awaited<ReturnType<Engine["status"]>>) => boolean,
): Promise<void> {
  while (!isReached(await engine.status())) await nextTask();
}

/** The manifest that is stored. */
export async function readManifest(store: FaultyStore): Promise<Manifest> {
  return (await store.readManifest()) as Manifest;
}

/** The models of the vectors that answer, of the others, and of those not all made. */
export async function storedModels(store: FaultyStore): Promise<Record<"answering" | "others" | "partial", string[]>> {
  const { segments } = await readManifest(store);
  const unique = (names: (string | undefined)[]): string[] =>
    [...new Set(names.filter((name) => name !== undefined))].map((name) => name.split("@")[0]!).toSorted();
  return {
    answering: unique(segments.map(({ vectors }) => vectors?.model)),
    others: unique(segments.flatMap(({ otherVectors }) => otherVectors ?? []).map(({ model }) => model)),
    partial: unique(segments.map(({ partialVectors }) => partialVectors?.model)),
  };
}
