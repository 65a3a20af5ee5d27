import { randomInt } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findToken } from "../../src/redaction/patterns.ts";
import { createLogRedactor, createRedactor, createSecretReplacer } from "../../src/redaction/secrets.ts";

/** Every token is made here, so that none lies in the repository. */
const letters = (count: number, from = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") =>
  Array.from({ length: count }, () => from.charAt(randomInt(from.length))).join("");
const redactPatterns = createRedactor([]);
const base64url = (text: string) => Buffer.from(text).toString("base64url");

describe("NAME=value in capitals", () => {
  test.each([
    ["PGPASSWORD=Xk39fj20dkQ psql", "PGPASSWORD=[redacted:password] psql"],
    ["NPM_AUTH=Xk39fj20dkQ12345", "NPM_AUTH=[redacted:auth]"],
    ["DB_PASSWORD=hunter2hunter2.", "DB_PASSWORD=[redacted:password]."],
    ["docker run -e MYSQL_PWD='two words' db", "docker run -e MYSQL_PWD='[redacted:pwd]' db"],
    ['{"line":"export DB_PASSWORD=\\"postgres\\" # x"}', '{"line":"export DB_PASSWORD=\\"[redacted:password]\\" # x"}'],
    ['tail is cut: ADMIN_PASSWORD="correct hor', 'tail is cut: ADMIN_PASSWORD="[redacted:password]'],
    ["http://x/?API_KEY=ab12cd34&page=2", "http://x/?API_KEY=[redacted:key]&page=2"],
    ["-DDB_PASSWORD=letmein -DAPP=shop", "-DDB_PASSWORD=[redacted:password] -DAPP=shop"],
  ])("%s", (text, masked) => {
    expect(redactPatterns(text)).toBe(masked);
    expect(redactPatterns(masked)).toBe(masked);
  });

  test.each([
    "AUTHOR=Ann",
    "TOKEN_LIMIT=4000",
    "MAX_TOKEN=128000",
    "PASSWORD=",
    'PASSWORD="" next=1',
    "PASSWORD=$DB_PASSWORD",
    "PASSWORD=${DB_PASSWORD}",
    "PASSWORD=/run/secrets/db",
    "SMTP_AUTH=oauth2",
    "COMPASS=north4west99",
    '{"line":"PASSWORD=\\nnext word"}',
  ])("%s is none", (text) => expect(redactPatterns(text)).toBe(text));

  test("is masked in time that grows with the text", () => {
    const long = "PASSWORD=".repeat(20_000) + "A_".repeat(50_000) + 'SECRET="'.repeat(20_000);
    const began = performance.now();
    redactPatterns(long);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("registered secrets", () => {
  const value = `p/+ "${letters(12)}"\\é~!`;
  const redact = createRedactor([{ name: "DB_PASSWORD", value }]);
  const bytes = Buffer.from(value);

  test.each([
    ["as it is", value],
    ["percent-encoded", encodeURIComponent(value)],
    ["percent-encoded in lower case", encodeURIComponent(value).replace(/%../g, (hex) => hex.toLowerCase())],
    ["percent-encoded strictly", encodeURIComponent(value).replaceAll("!", "%21")],
    ["in a form", new URLSearchParams({ a: value }).toString().slice(2).replaceAll("%7E", "~").replaceAll("%21", "!")],
    ["JSON-escaped", JSON.stringify({ value })],
    ["JSON in JSON", JSON.stringify({ body: JSON.stringify({ value }) })],
    ["hexadecimal", bytes.toString("hex")],
    ["hexadecimal in capitals", bytes.toString("hex").toUpperCase()],
    ["base64", bytes.toString("base64")],
    ["base64url", bytes.toString("base64url")],
    ["inside longer base64", Buffer.from(`user:${value}`).toString("base64")],
    ["inside longer base64, other alignment", Buffer.from(`user1:${value} and on`).toString("base64url")],
  ])("%s", (_, text) => {
    const masked = redact(`before ${text} after`);
    expect(masked).toContain("[redacted:DB_PASSWORD]");
    expect(masked.startsWith("before ") && masked.endsWith(" after")).toBe(true);
    for (const form of [value, encodeURIComponent(value), bytes.toString("hex"), bytes.toString("base64").slice(4, -4)])
      expect(masked).not.toContain(form);
  });

  test("a short one counts only as a whole word, and one of three letters not at all", () => {
    const short = createRedactor([
      { name: "PIN", value: "739154" },
      { name: "TINY", value: "abc" },
    ]);
    expect(short("the pin 739154.")).toBe("the pin [redacted:PIN].");
    expect(short("at 17391540000 ms, abc")).toBe("at 17391540000 ms, abc");
  });

  test("the longer of two that begin alike goes whole, and none twice", () => {
    const long = letters(20);
    const both = createRedactor([
      { name: "A", value: long.slice(0, 14) },
      { name: "B", value: long },
    ]);
    expect(both(long)).toBe("[redacted:B]");
    expect(both(both(`x ${long}`))).toBe("x [redacted:B]");
  });

  test("another mark, for what arrives in chat", () => {
    const secret = letters(16);
    expect(createSecretReplacer([{ name: "K", value: secret }], (name) => `SECRET_REF(${name})`)(`use ${secret}`)).toBe(
      "use SECRET_REF(K)",
    );
  });

  test("no text around it lets a secret through, whatever its letters", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12, maxLength: 40, unit: "grapheme" }), fc.string(), fc.string(), (secret, before, after) => {
        const masked = createSecretReplacer([{ name: "S", value: secret }], () => "▮")(before + secret + after);
        return !masked.includes(secret);
      }),
    );
  });
});

describe("well-known tokens", () => {
  const made: readonly (readonly [string, string])[] = [
    ["discord_token", `${base64url(String(randomInt(1e14, 2e14)) + "1234")}.${letters(6)}.${letters(38)}`],
    ["slack_token", `xoxb-${letters(12, "0123456789")}-${letters(24)}`],
    ["slack_token", `xapp-1-${letters(11)}-${letters(40)}`],
    ["telegram_token", `${letters(10, "123456789")}:AA${letters(33)}`],
    ["matrix_token", `syt_${base64url("anna")}_${letters(20)}_${letters(6)}`],
    ["github_token", `ghp_${letters(36)}`],
    ["github_token", `github_pat_${letters(22)}_${letters(59)}`],
    ["aws_key", `AKIA${letters(16, "ABCDEFGHIJ234567")}`],
    ["openai_key", `sk-proj-7${letters(40)}`],
    ["anthropic_key", `sk-ant-api03-${letters(60)}`],
    ["jwt", `${base64url('{"alg":"EdDSA"}')}.${base64url('{"sub":"per_local"}')}.${letters(43)}`],
    ["private_key", `-----BEGIN OPENSSH PRIVATE KEY-----\n${letters(64)}\n-----END OPENSSH PRIVATE KEY-----`],
  ];

  test.each(made)("%s", (name, token) => {
    expect(redactPatterns(`it is "${token}", so`)).toBe(`it is "[redacted:${name}]", so`);
    expect(findToken(`it is ${token}`)).toBe(name);
  });

  test("what stands in its place: a URL's password and a Bearer header", () => {
    const [password, token] = [letters(9), letters(24)];
    expect(redactPatterns(`https://anna:${password}@host.example.internal/x`)).toBe(
      "https://anna:[redacted:url_password]@host.example.internal/x",
    );
    expect(redactPatterns(`Authorization: Bearer ${token}==`)).toBe("Authorization: Bearer [redacted:bearer_token]");
    expect(redactPatterns(`/bot123456789:AA${letters(33)}/getMe`)).toBe("/bot[redacted:telegram_token]/getMe");
  });

  test("the log guesses nothing by randomness, so that no id of a trace is masked by chance", () => {
    const [id, token] = [`7${letters(24)}`, `ghp_${letters(36)}`];
    const log = createLogRedactor([{ name: "S", value: `seven ${id}` }]);
    expect(log(`token=${id} ${token} seven%20${id}`)).toBe(`token=${id} [redacted:github_token] [redacted:S]`);
    expect(redactPatterns(`token=${id}`)).toBe("token=[redacted:token]");
  });

  test("typed fields in a text are exempt, but not from registered secrets, and only they", () => {
    const [link, secret] = [`https://hub.example.org/c#token=7${letters(24)}`, letters(24)];
    const redact = createRedactor([{ name: "S", value: secret }]);
    expect(redact(`see ${link} api_token=7${letters(20)}`, [link])).toBe(`see ${link} api_token=[redacted:token]`);
    expect(redact(`${link}${secret}`, [`${link}${secret}`])).toBe(`${link}[redacted:S]`);
  });

  test("a key cut off before its end goes to the end of the text", () => {
    expect(redactPatterns(`x -----BEGIN PRIVATE KEY-----\n${letters(80)}`)).toBe("x [redacted:private_key]");
  });

  test.each([
    "SECRET_REF(DB_PASSWORD)",
    "Bearer SECRET_REF(some_long_token_name)",
    "https://u:SECRET_REF(x)@host",
    "https://host:8080/path@x",
    "task-abcdefghijklmnopqrstuvwxyz0123",
    "sk-this-is-an-ordinary-long-name",
    "0f9e8d7c6b5a40312233445566778899aabbccdd",
    "2026-11-21T03:49:20.000Z 1234567890:abc",
    "bearer of good news",
  ])("%s stays", (text) => {
    expect(createRedactor([])(text)).toBe(text);
  });

  test("twice is as good as once", () => {
    const text = made.map(([, token]) => token).join(" | ");
    expect(redactPatterns(redactPatterns(text))).toBe(redactPatterns(text));
  });
});
