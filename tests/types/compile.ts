import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binary } from "../../scripts/lib/paths.mjs";
import { type ConsumerProject, createConsumer } from "../package/packed.ts";

/** The two ways in which a compiler finds the types of a package. */
export const resolutions: readonly (readonly [title: string, options: object])[] = [
  ["for a bundler", { module: "ESNext", moduleResolution: "bundler" }],
  ["for Node's resolution", { module: "nodenext", moduleResolution: "nodenext" }],
];

/** A project with the packed package that its types are compiled in. */
export async function createTypedConsumer(): Promise<ConsumerProject> {
  const project = await createConsumer();
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return project;
}

/**
 * What the compiler says about a script of an app, which it checks together with the package's declarations.
 *
 * @param options - over those that every consumer here has.
 */
export async function compile({ folder }: ConsumerProject, code: string, options: object): Promise<string> {
  const common = { strict: true, noEmit: true, skipLibCheck: false, types: [], target: "ES2022" };
  const compilerOptions = { ...common, lib: ["ES2022", "DOM", "DOM.Iterable"], ...options };
  await writeFile(join(folder, "use.ts"), code);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [binary("typescript", "tsc"), "-p", folder], (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
