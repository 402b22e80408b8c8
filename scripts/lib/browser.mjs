import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";
import { binary, root } from "./paths.mjs";

const systemNames = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const systemPaths = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * Finds a Chromium: `INKLING_BROWSER`, the system's, Playwright's own.
 *
 * @returns its path and where it came from, or null where there is none.
 * @throws where `INKLING_BROWSER` names something that does not run, so that a mistyped path is not passed over.
 */
export function findBrowser() {
  const wanted = process.env.INKLING_BROWSER;
  if (wanted) {
    if (!runs(wanted))
      throw new Error(
        `INKLING_BROWSER is ${JSON.stringify(wanted)}, which does not run. Set it to the path of a Chromium.`,
      );
    return { path: wanted, origin: "INKLING_BROWSER" };
  }
  const system = [...systemNames.flatMap(findOnPath), ...systemPaths].find(runs);
  if (system !== undefined) return { path: system, origin: "the system's" };
  const own = chromium.executablePath();
  return runs(own) ? { path: own, origin: "Playwright's own" } : null;
}

/**
 * Finds a Chromium as `findBrowser` does, and installs one where there is none: by Playwright, else by apt-get as root.
 *
 * @param say - receives a line for each step of an installation.
 * @throws where nothing could be installed; the message says what to do by hand.
 */
export function findOrInstallBrowser(say = console.log) {
  const found = findBrowser();
  if (found !== null) return found;
  const installers = [installByPlaywright, installByApt];
  for (const install of installers) {
    install(say);
    const installed = findBrowser();
    if (installed !== null) return { ...installed, origin: `${installed.origin}, just installed` };
  }
  throw new Error(
    "No Chromium was found and none could be installed. Install one and set INKLING_BROWSER to its path.",
  );
}

function findOnPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Why: a file alone says little. A distribution's stub asks for another package, and a download may lack system libraries.
function runs(path) {
  if (!existsSync(path)) return false;
  // Why: the version is printed before any window, sandbox or profile is looked at. Windows builds open a window instead.
  if (process.platform === "win32") return true;
  return spawnSync(path, ["--version"], { timeout: 30_000, stdio: "ignore" }).status === 0;
}

function installByPlaywright(say) {
  const isRootOnLinux = process.platform === "linux" && process.getuid?.() === 0;
  say("No Chromium found: installing Playwright's own (npx playwright install chromium).");
  attempt(say, process.execPath, [binary("playwright"), "install", "chromium"]);
  if (isRootOnLinux && existsSync(chromium.executablePath()) && !runs(chromium.executablePath())) {
    say("It lacks system libraries: installing them (npx playwright install-deps chromium).");
    attempt(say, process.execPath, [binary("playwright"), "install-deps", "chromium"]);
  }
}

function installByApt(say) {
  if (process.getuid?.() !== 0 || findOnPath("apt-get").length === 0) return;
  say("Playwright could not install one: installing the system's (apt-get install chromium).");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  attempt(say, "apt-get", ["update", "-qq"], env);
  attempt(say, "apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], env);
}

function attempt(say, command, args, env = process.env) {
  try {
    execFileSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"], timeout: 300_000 });
  } catch (error) {
    say(`That failed: ${error.message.split("\n")[0]}`);
  }
}
