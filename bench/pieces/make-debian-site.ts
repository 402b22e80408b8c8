// Makes a site of more than 10,000 real pages out of the documentation packages of Debian, to measure an index in pieces with:
//
//   npx tsx bench/pieces/make-debian-site.ts <folder>
//
// Needs apt-get and dpkg-deb, and about 1.5 GB of room. Packages are downloaded, not installed; their HTML pages are linked
// below `<folder>/pages`. The versions of a stable release hardly change, so that the site is the same for everyone who has it.
import { execFileSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** Package -> folder of the pages in it, name in the site, and parts that are left out: sources, and pages made for every type. */
const packages: readonly (readonly [name: string, folder: string, as: string, without?: RegExp])[] = [
  ["python3.11-doc", "usr/share/doc/python3.11/html", "python"],
  ["python-django-doc", "usr/share/doc/python-django-doc/html", "django", /^_modules\//],
  ["python-sqlalchemy-doc", "usr/share/doc/python-sqlalchemy-doc/html", "sqlalchemy", /^_modules\//],
  ["python-celery-doc", "usr/share/doc/python-celery-doc/html", "celery", /^_modules\//],
  ["buildbot-doc", "usr/share/doc/buildbot/html", "buildbot", /^_modules\//],
  ["rust-doc", "usr/share/doc/rust-doc/html", "rust", /^(core|src|alloc|test|implementors)\//],
  ["cmake-doc", "usr/share/doc/cmake-data/html", "cmake"],
  ["sqlite3-doc", "usr/share/doc/sqlite3", "sqlite"],
  ["nodejs-doc", "usr/share/doc/nodejs/api", "nodejs"],
  ["libglib2.0-doc", "usr/share/gtk-doc/html", "glib"],
  ["qtbase5-doc-html", "usr/share/qt5/doc", "qt"],
  ["libboost1.74-doc", "usr/share/doc/libboost1.74-doc", "boost"],
];

function* listPages(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listPages(path);
    else if (entry.isFile() && /\.html?$/.test(entry.name)) yield path;
  }
}

function unpack(name: string, work: string): string {
  const unpacked = join(work, "packages", name);
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(join(work, "downloads"), { recursive: true });
  execFileSync("apt-get", ["download", name], { cwd: join(work, "downloads"), stdio: "ignore" });
  const file = readdirSync(join(work, "downloads")).find((each) => each.startsWith(`${name}_`))!;
  mkdirSync(unpacked, { recursive: true });
  execFileSync("dpkg-deb", ["-x", join(work, "downloads", file), unpacked]);
  return unpacked;
}

const [work] = process.argv.slice(2);
if (work === undefined) {
  console.error("Usage: tsx bench/pieces/make-debian-site.ts <folder>");
  process.exit(2);
}
const counts: Record<string, number> = {};
for (const [name, folder, as, without] of packages) {
  const root = join(unpack(name, work), folder);
  for (const page of listPages(root)) {
    const path = relative(root, page);
    if (without?.test(path)) continue;
    const target = join(work, "pages", as, path);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) linkSync(page, target);
    counts[as] = (counts[as] ?? 0) + 1;
  }
}
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
writeFileSync(join(work, "site.json"), `${JSON.stringify({ pages: total, counts }, null, 1)}\n`);
console.log(`${total} pages in ${join(work, "pages")}: ${JSON.stringify(counts)} (${basename(work)})`);
