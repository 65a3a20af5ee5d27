/** Everything planted here is put together at run time: written out it would be what the gate refuses. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkRepository, findLeaks } from "../support/sanitize.ts";

const at = (text: string, path = "docs/x.md") => findLeaks({ path, text: `first line\n${text}\n` });
const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const letters = (count: number) => randomBytes(count).toString("hex").slice(0, count);

test("the repository and its package are clean", async () => {
  const { files, leaks } = await checkRepository();
  expect(leaks).toEqual([]);
  expect(files).toBeGreaterThan(50);
});

describe("finds", () => {
  test.each([
    ["private address", ["10", "1", "2", "3"].join(".")],
    ["private address", `http://${["192", "168", "1", "20"].join(".")}:8080/`],
    ["private address", ["172", "20", "0", "5"].join(".")],
    ["private address", ["100", "101", "7", "7"].join(".")],
    ["private address", ["fd12", "3456", "789a", "", "1"].join(":")],
    ["private host", ["git", "acme", "internal"].join(".")],
    ["private host", `https://${["nas", "local"].join(".")}/x`],
    ["private host", ["printer", "office", "lan"].join(".")],
    ["mail address", ["someone", "acme.com"].join("@")],
    ["path of one machine", ["", "home", "alice", "projects"].join("/")],
    ["path of one machine", `see ${["", "root", ".config"].join("/")}`],
    ["path of one machine", ["", "Users", "alice"].join("/")],
    ["path of one machine", ["", "work", "main"].join("/")],
  ])("a %s: %s", async (problem, text) => {
    expect(await at(text)).toEqual([`docs/x.md:2: ${problem}`]);
  });

  test.each([
    ["a key of a cloud", `aws_secret_access_key = ${letters(40)}`],
    ["a token of a forge", ["ghp", letters(36)].join("_")],
    ["a chat token", ["xoxb", "123456789012", "123456789012", letters(24)].join("-")],
    ["a private key", privateKey],
    ["a login to a database", `postgres://hub:${letters(16)}@${["db", "acme", "com"].join(".")}/hub`],
    ["a password in a URL", `https://admin:${letters(16)}@${["git", "acme", "com"].join(".")}/x.git`],
  ])("%s, without printing it", async (_what, text) => {
    const found = await at(text);
    expect(found.join("\n")).toContain("docs/x.md:2: secret");
    expect(found.join("\n")).not.toContain(text);
  });

  test("a private host in code, where it stands in quotes", async () => {
    const host = ["git", "acme", "internal"].join(".");
    expect(await at(`connect("${host}");`, "src/x.ts")).toEqual(["src/x.ts:2: private host"]);
    expect(await at(`connect(\`https://${host}/x\`);`, "src/x.ts")).toEqual(["src/x.ts:2: private host"]);
  });
});

test.each([
  ["docs/x.md", "http://127.0.0.1:7077/ and http://localhost:7077/ and [::1]"],
  ["docs/x.md", "https://hub.example.internal/x and mos@example.org and mos@hub.example.internal"],
  ["docs/x.md", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 are private; 24.21.0 and 1.10.2.3.4 are versions"],
  ["docs/x.md", "/home/user/project, ~/.local/share, %h/.config, /srv/mos-hub, fleet-agent@name.service, https://example.org/work/x"],
  ["docs/x.md", "postgres://hub:hunter2@db.example.internal/hub"],
  ["src/x.ts", "const near = options.local ?? state.internal;"],
])("lets pass in %s: %s", async (path, text) => {
  expect(await at(text, path)).toEqual([]);
});

test("leaves binary files alone", async () => {
  expect(await at(`\0${["10", "1", "2", "3"].join(".")}`)).toEqual([]);
});
