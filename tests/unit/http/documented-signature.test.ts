/** The shell example of docs/http-orchestrators.md signs and checks as the hub does. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { signatureHeaders } from "../../../src/web/signature.ts";

const document = readFileSync(new URL("../../../docs/http-orchestrators.md", import.meta.url), "utf8");
const [, functions = ""] = /```sh\n(key\(\)[\s\S]*?\n)\n# who sends/.exec(document) ?? [];
const BODY = '{"text":"ស្វាគមន៍"}\n';
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

// Where there is no openssl there is nothing to run the example with.
test.skipIf(!hasOpenssl).each(["plain letters", "whsec_TWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c="])("with the secret %s", (secret) => {
  expect(functions).toContain("signature()");
  const { stdout } = spawnSync("sh", ["-c", `${functions}\nsignature "$SECRET" msg_1 1700000000`], {
    input: BODY,
    env: { PATH: process.env["PATH"], SECRET: secret },
    encoding: "utf8",
  });
  const { "webhook-signature": made } = signatureHeaders(secret, { id: "msg_1", at: 1_700_000_000_500, body: BODY });
  expect(`v1,${stdout}`).toBe(made);
});
