import { describe, expect, test } from "vitest";
import { Frontier } from "../../../crawl/frontier.ts";

const site = "https://example.org";

function drain(frontier: Frontier): string[] {
  const urls: string[] = [];
  for (let url = frontier.next(); url !== undefined; url = frontier.next()) urls.push(url.replace(site, ""));
  return urls;
}

function follow(limit: number, paths: readonly string[]): string[] {
  const frontier = new Frontier(limit);
  for (const path of paths) frontier.addLink(site + path);
  return drain(frontier);
}

describe("the pages to ask for", () => {
  test("come in the order they were found, each once, up to the limit", () => {
    const frontier = new Frontier(2);
    for (const path of ["/b", "/a", "/b", "/c"]) frontier.add(site + path);
    expect([frontier.total, frontier.isLimited]).toEqual([2, true]);
    expect(drain(frontier)).toEqual(["/b", "/a"]);
  });

  test("go on after there were none", () => {
    const frontier = new Frontier(10);
    expect(frontier.next()).toBeUndefined();
    frontier.add(`${site}/a`);
    expect(drain(frontier)).toEqual(["/a"]);
  });

  test("leave out the page that a redirect has led to already", () => {
    const frontier = new Frontier(10);
    expect(frontier.mark(`${site}/a`)).toBe(true);
    frontier.addLink(`${site}/a`);
    expect(frontier.mark(`${site}/a`)).toBe(false);
    expect(drain(frontier)).toEqual([]);
  });

  test("leave out files and what asking may do", () => {
    const paths = [
      "/a.pdf",
      "/pictures/b.JPG",
      "/logout",
      "/user/sign-out?now",
      "/cart?action=delete",
      "/v1.2/guide",
      "/logging",
      "/api/delete",
    ];
    expect(follow(100, paths)).toEqual(["/v1.2/guide", "/logging", "/api/delete"]);
  });

  test("end where queries have no end", () => {
    expect(
      follow(
        1000,
        Array.from({ length: 100 }, (_, i) => `/list?page=${i}`),
      ),
    ).toHaveLength(20);
  });

  test("end where a calendar has no end", () => {
    const days = Array.from({ length: 5000 }, (_, i) => `/calendar/${2000 + Math.floor(i / 365)}/${i % 365}/`);
    expect(follow(200, days)).toHaveLength(100);
    expect(follow(10, days)).toHaveLength(10);
  });

  test("end where links lead ever deeper", () => {
    const deep = Array.from({ length: 30 }, (_, i) => `/${"a/b/".repeat(i)}`);
    expect(follow(1000, deep)).toEqual(["/", "/a/b/", "/a/b/a/b/", "/a/b/a/b/a/b/"]);
    expect(follow(1000, [`/${"x".repeat(3000)}`])).toEqual([]);
  });
});
