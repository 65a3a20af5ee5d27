import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { renderEnvExample } from "../support/env-example.ts";
import { renderErrorsDoc } from "../support/errors-doc.ts";
import { ROOT } from "../support/repository.ts";
import { generatedFiles } from "../support/write-docs.ts";

test("generated files are in step with their tables (npm run docs writes them)", async () => {
  const wanted = await generatedFiles();
  const found = Object.fromEntries(Object.keys(wanted).map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
  expect(found).toEqual(wanted);
});

describe("docs/errors.md", () => {
  const entry = { sentence: "The {thing}\nis <gone>.", remedy: "Look for it.", verdict: "retry", exitCode: 69 } as const;

  test("changes with every word of the table", async () => {
    const written = await renderErrorsDoc({ gone: entry });
    expect(written).toContain("## gone\n\n> The {thing} is \\<gone>.\n\nLook for it.\n\nThe hub tries again by itself. Exit code 69.");
    expect(written).toContain("[gone](#gone)");
    expect(await renderErrorsDoc({ gone: { ...entry, remedy: "Wait." } })).not.toBe(written);
    expect(await renderErrorsDoc({ gone: { ...entry, verdict: "drop" } })).not.toBe(written);
    expect(await renderErrorsDoc({ gone: entry, lost: entry })).not.toBe(written);
  });

  test("refuses an exit code nobody has explained", async () => {
    await expect(renderErrorsDoc({ gone: { ...entry, exitCode: 99 as 69 } })).rejects.toThrow("exit code 99");
  });
});

test(".env.example lists every variable once, with its purpose and default and no value", () => {
  const port = { name: "PORT", purpose: "where to listen", secret: false, default: "7077" };
  const token = { name: "TOKEN", purpose: "who we are", secret: true };
  const written = renderEnvExample([
    { title: "The hub", variables: [port] },
    { title: "The one connector", variables: [port, token] },
    { title: "The other connector", variables: [token] },
  ]);
  const body = [
    "# The hub",
    "",
    "# where to listen (default: 7077)",
    "PORT=",
    "",
    "# The one connector",
    "",
    "# who we are (secret)",
    "TOKEN=",
    "",
  ];
  expect(written.split("\n").slice(4)).toEqual(body);
});
