/** The hub's port encrypted by the hub itself: a certificate made on the spot, the started program, its own commands beside it. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { readTls } from "../../src/api/tls.ts";
import { reachProblems } from "../../src/config/reach.ts";
import { createHubProcess, type HubProcess } from "../support/hub-process.ts";
import { temporaryFolder } from "../support/stores.ts";

const PIN = "739215";
const hasOpenssl = process.env["MOS_HUB_REQUIRE_REAL"] === "1" || spawnSync("openssl", ["version"]).status === 0;

/** A key and a certificate that it signed itself, for 127.0.0.1. */
function makeCertificate(dir: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const subject = ["-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const made = spawnSync("openssl", ["req", "-x509", ...curve, "-nodes", "-days", "2", ...subject, "-keyout", key, "-out", cert]);
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return { cert, key };
}

describe.skipIf(!hasOpenssl)(`own TLS (${hasOpenssl ? "with openssl" : "openssl is not installed"})`, () => {
  describe("of a started hub", () => {
    let hub: HubProcess;
    let ca: Buffer;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      hub = await createHubProcess({ MOS_HUB_PIN: PIN, MOS_HUB_PORT: `${port}` });
      const { cert, key } = makeCertificate(hub.dataDir, "hub");
      chmodSync(key, 0o644);
      ca = readFileSync(cert);
      writeFileSync(
        join(hub.dataDir, "hub.yaml"),
        `host: 0.0.0.0\npublic_url: https://127.0.0.1:${port}\ntls: { cert: hub.crt, key: hub.key }\n`,
      );
      await hub.start();
    });
    afterAll(() => hub?.end());

    interface Answer {
      readonly status: number;
      readonly headers: NodeJS.Dict<string | string[]>;
    }
    function ask(path: string, form?: Record<string, string>): Promise<Answer> {
      const origin = `https://127.0.0.1:${port}`;
      const headers = form ? { "content-type": "application/x-www-form-urlencoded", origin } : {};
      return new Promise((resolve, reject) => {
        const asked = request(`${origin}${path}`, { ca, method: form ? "POST" : "GET", headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, headers: response.headers });
        });
        asked.on("error", reject).end(form && new URLSearchParams(form).toString());
      });
    }

    test("answers over TLS and not without", async () => {
      expect((await ask("/healthz")).status).toBe(200);
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow("fetch failed");
    });

    test("its own commands and its agent reach it, and the link leads to the encrypted port", async () => {
      expect((await hub.cli("chat", "--once", "hello")).events.at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
      // The agent asks over MCP.
      const said = await hub.cli("chat", "--once", "deploy shop");
      expect(JSON.stringify(said.events)).toContain('"state":"live"');
      const run = JSON.parse(readFileSync(join(hub.dataDir, "run.json"), "utf8")) as { url: string };
      expect(run.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    });

    test("the cookie of a signed-in browser goes over TLS alone", async () => {
      const url = new URL(String((await hub.cli("open")).events[0]?.["url"]));
      expect(url.origin).toBe(`https://127.0.0.1:${port}`);
      const { status, headers } = await ask("/sign-in", { link: url.searchParams.get("link") ?? "", pin: PIN });
      expect([status, headers["set-cookie"]]).toEqual([303, [expect.stringMatching(/; HttpOnly; .*; Secure$/)]]);
    });

    test("a key that others may read is warned of", () => expect(hub.output()).toContain("chmod 600"));
  });

  describe("is refused before anybody is let in", () => {
    const { dir, dispose } = temporaryFolder();
    afterAll(() => dispose());
    const warnings: string[] = [];
    const read = (files: { cert: string; key: string }, now = Date.now) =>
      readTls(files, { log: { warn: (_facts, text) => warnings.push(text) }, now });

    test("with a file that is not there, is no PEM, or is another's key", async () => {
      const [one, two] = [makeCertificate(dir, "one"), makeCertificate(dir, "two")];
      const nothing = join(dir, "nothing.pem");
      writeFileSync(join(dir, "words.pem"), "words");
      const missing = read({ ...one, cert: nothing });
      await expect(missing).rejects.toMatchObject({ code: "tls_unusable", message: expect.stringContaining("cannot be read (ENOENT)") });
      await expect(read({ ...one, cert: join(dir, "words.pem") })).rejects.toThrow("holds no certificate");
      await expect(read({ ...one, key: join(dir, "words.pem") })).rejects.toThrow("holds no private key");
      await expect(read({ ...one, key: two.key })).rejects.toThrow("is not the key of");
    });

    test("one that has expired is used, with a warning", async () => {
      const old = makeCertificate(dir, "old");
      await read(old, () => Date.now() + 3 * 86_400_000);
      expect(warnings).toContain("this certificate has expired");
    });

    test("without an https:// address for people", () => {
      const tls = { cert: "a", key: "b" };
      for (const publicUrl of [undefined, "http://127.0.0.1:7077"])
        expect(reachProblems({ host: "127.0.0.1", publicUrl, tls })).toMatchObject([{ path: "tls" }]);
      expect(reachProblems({ host: "0.0.0.0", publicUrl: "https://hub.example.internal", tls })).toEqual([]);
    });
  });
});
