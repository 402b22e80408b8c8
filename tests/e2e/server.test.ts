import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFolder } from "../../demo/server.mjs";

let folder: string;
let server: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkling-server-"));
  await mkdir(join(folder, "site/assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "site/.hidden"), "secret");
  await writeFile(join(folder, "site/index.html"), "<p>first</p>");
  await writeFile(join(folder, "site/with space.html"), "<p>space</p>");
  await writeFile(join(folder, "site/assets/code-1.js"), "export {};");
  await symlink(join(folder, "secret.txt"), join(folder, "site/link.txt"));
  server = await serveFolder(join(folder, "site"));
});

afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends a path exactly as given; `fetch` would tidy it up first. */
function get(
  path: string,
  method = "GET",
  headers = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    })
      .on("error", reject)
      .end();
  });
}

describe("serveFolder", () => {
  test.each([
    ["/", "<p>first</p>", "text/html; charset=utf-8"],
    ["/index.html?x=1", "<p>first</p>", "text/html; charset=utf-8"],
    ["/with%20space.html", "<p>space</p>", "text/html; charset=utf-8"],
    ["/assets/code-1.js", "export {};", "text/javascript; charset=utf-8"],
  ])("serves %s", async (path, body, type) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.headers["content-security-policy"]).toContain("script-src 'self'");
  });

  test.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "//secret.txt",
    "/assets/../../secret.txt",
    "/link.txt",
    "/.hidden",
    "/%00",
    "/index.html%00.txt",
    "/%zz",
    "/missing.html",
    "/assets",
    "/assets/",
  ])("gives nothing for %s", async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: "There is no such page.\n" });
  });

  test("refuses other methods than GET and HEAD", async () => {
    expect(await get("/", "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await get("/", "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  test("lets browsers keep hashed files for good, and has them ask again for the others", async () => {
    expect((await get("/assets/code-1.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const page = await get("/");
    expect(page.headers["cache-control"]).toBe("no-cache");
    expect(await get("/", "GET", { "if-none-match": page.headers["etag"] })).toMatchObject({ status: 304, body: "" });
  });

  test("makes a sitemap of the pages for the address by which it was asked, unless there is one", async () => {
    const { status, body, headers } = await get("/sitemap.xml", "GET", { host: 'zoo.test"<:8080' });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/xml; charset=utf-8");
    const base = "http://zoo.test&#34;&#60;:8080/";
    expect([...body.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, address]) => address)).toEqual([
      `${base}index.html`,
      `${base}with%20space.html`,
    ]);
    await writeFile(join(folder, "site/sitemap.xml"), "<urlset/>");
    expect((await get("/sitemap.xml")).body).toBe("<urlset/>");
    await rm(join(folder, "site/sitemap.xml"));
  });

  test("takes the next port where one is taken, as often as allowed", async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveFolder(folder, { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    const next = await serveFolder(folder, { port, attempts: 20 });
    expect(Number(new URL(next.url).port)).toBeGreaterThan(port);
    await next.close();
  });
});
