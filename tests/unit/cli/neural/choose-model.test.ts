import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { chooseModel } from "../../../../cli/neural/choose-model.ts";
import { findModelFolder } from "../../../../cli/model-folder.ts";
import { registry } from "../../../../neural/registry.ts";

const folder = mkdtempSync(join(tmpdir(), "inkling-choose-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("--model", () => {
  test("left out is the built-in instant model", async () => {
    expect(await chooseModel(undefined)).toEqual({
      from: "folder",
      id: "inkling-instant-v1",
      folder: findModelFolder(),
    });
  });

  test.each(["inkling-instant-v1", "inkling-neural-v1"])("%s is a built-in model", async (id) => {
    expect(await chooseModel(id)).toEqual({ from: "folder", id, folder: findModelFolder(undefined, id) });
  });

  test("is a folder where there is one, called as the folder is", async () => {
    expect(await chooseModel(`${folder}/`)).toEqual({ from: "folder", id: basename(folder), folder });
  });

  test("is a model of the registry by its whole or short name, from the repository that has its ONNX files", async () => {
    const chosen = {
      from: "hub",
      id: "intfloat/e5-small-v2",
      url: "https://huggingface.co/Xenova/e5-small-v2/resolve/main/",
    };
    for (const name of ["intfloat/e5-small-v2", "e5-small-v2", "Xenova/e5-small-v2"])
      expect(await chooseModel(name)).toEqual(chosen);
  });

  test("is any repository of the hub", async () => {
    expect(await chooseModel("someone/a.model_1")).toEqual({
      from: "hub",
      id: "someone/a.model_1",
      url: "https://huggingface.co/someone/a.model_1/resolve/main/",
    });
  });

  test("every entry of the registry can be named", async () => {
    for (const { id } of registry) expect(await chooseModel(id)).toHaveProperty("id", id);
  });

  test.each([
    "./nowhere",
    "../nowhere",
    "/no/where",
    "nowhere/",
    "~/model",
    "C:\\model",
    "mini-lm",
    "a/b/c",
    "a b/c",
    "",
  ])("%j is none of these", async (model) => {
    await expect(chooseModel(model)).rejects.toMatchObject({
      code: "argument/option",
      message: expect.stringMatching(/^--model is ".*inkling-instant-v1.*all-MiniLM-L6-v2/) as string,
    });
  });

  test("a file is no folder", async () => {
    writeFileSync(join(folder, "model.onnx"), "");
    await expect(chooseModel(join(folder, "model.onnx"))).rejects.toThrow(/is not a folder/);
  });
});

describe("--model-host", () => {
  test.each(["https://models.example/hub", "https://models.example/hub/"])("%s", async (host) => {
    expect(await chooseModel("a/b", host)).toHaveProperty("url", "https://models.example/hub/a/b/resolve/main/");
  });

  test.each(["models.example", "ftp://models.example/", "file:///models", ""])("%j is refused", async (host) => {
    await expect(chooseModel("a/b", host)).rejects.toMatchObject({ code: "argument/option", details: { host } });
  });
});
