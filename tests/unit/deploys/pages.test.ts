/** How the pages of deploys draw what no report may say but a record could hold, and how they count and lead. */
import { describe, expect, test } from "vitest";
import { history } from "../../../src/api/deploys/entry.ts";
import { linkTo } from "../../../src/api/deploys/marks.ts";
import { tookWords } from "../../../src/contract/counted.ts";
import { currentOf, seen, type Seen } from "../../../src/api/deploys/seen.ts";
import { setupsSection } from "../../../src/api/deploys/setups.ts";
import type { AppSetupState } from "../../../src/contract/message.ts";
import type { Row } from "../../../src/contract/tables.ts";

const row = (id: string, fields: Partial<Row<"deploys">> = {}): Row<"deploys"> => {
  const report = { app: "shop", environment: "production", state: "live", urls: {} } as const;
  const base = { version: 1, seq: 1, tenantId: "", host: "", actorId: "", createdAt: 0, updatedAt: 0 };
  const common = { slot: "", orchestrator: null, announced: [], trace: "trc_1", state: "live", report, times: { live: 0 } } as const;
  return { ...base, ...common, id, ...fields };
};
const look = (one: Row<"deploys">, hidden = "no secret"): Seen =>
  seen(one, { redact: (text) => text.replaceAll(hidden, "[secret]"), conversationOf: () => undefined });

describe("an address", () => {
  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    " javascript:x",
    "//evil.example",
    "not an address",
    "file:///etc/passwd",
  ])("%s is words, not a link", async (url) => {
    expect(String(await linkTo(url))).not.toContain("href");
  });

  test("of the web is a link that cannot break out of its quotes and takes nothing along", async () => {
    expect(String(await linkTo('https://a.example/"onclick="x'))).toBe(
      '<a href="https://a.example/&quot;onclick=&quot;x" rel="noopener noreferrer" target="_blank">https://a.example/&quot;onclick=&quot;x</a>',
    );
  });

  test("in a record of old is no link wherever it stands", async () => {
    const urls = { live: "javascript:1", preview: "javascript:2", logs: "javascript:3" };
    const repository = "javascript:4";
    const since = { id: "dep_0", at: 0, revision: { sha: "aaa" } };
    const one = row("dep_1", { report: { ...row("").report, urls, revision: { sha: "bbb", repository } }, since });
    expect(String(await history([look(one)]))).not.toMatch(/href="(?!#)/);
  });
});

test("no secret reaches a page, also not out of what is said of other deploys", async () => {
  const other = (id: string) => ({ id, at: 0, revision: { sha: "hunter2", ref: "hunter2", repository: "https://git.example/hunter2" } });
  const report = {
    ...row("").report,
    revision: { sha: "b", subject: "hunter2", repository: "https://git.example/hunter2" },
    failure_tail: "hunter2",
  };
  const fields = { state: "failed", report, since: other("dep_0"), recoveredBy: other("dep_2"), recovers: other("dep_3") } as const;
  const setups = [{ kind: "domain", name: "hunter2", state: "records", records: ["hunter2"], detail: "hunter2" }] as const;
  const one = look(row("dep_1", { ...fields, setups }), "hunter2");
  const drawn = `${await history([one])} ${await setupsSection(one.card.setups ?? [])}`;
  expect(drawn).not.toContain("hunter2");
  expect(drawn).toContain("[secret]");
});

test("what was reported too late to count is not what a place is about", () => {
  const [late, live] = [look(row("dep_2", { state: "superseded" })), look(row("dep_1"))];
  expect(currentOf([late, live], live)).toBe(live);
  expect(currentOf([late], undefined)).toBe(late);
  expect(currentOf([], undefined)).toBeUndefined();
});

test("a deploy on another page of the history is named, and not led to", async () => {
  const one = look(row("dep_1", { recovers: { id: "dep_0", at: 0, revision: { ref: "main" } } }));
  const drawn = String(await history([one]));
  expect(drawn).toContain("Ended the failure of main of");
  expect(drawn).not.toContain('href="#dep_0"');
});

test("one that went well at a second try says so, and does not lead to itself", async () => {
  const drawn = String(await history([look(row("dep_1", { recovers: { id: "dep_1", at: 0 } }))]));
  expect(drawn).toContain("Went well at a second try");
  expect(drawn).not.toContain("href");
});

test("nothing is called live that does not answer", async () => {
  const check = { state: "silent", url: "https://a.example", why: "it answers 500" } as const;
  const drawn = String(await history([look(row("dep_1", { check }))]));
  expect(drawn).toContain("reported live");
  expect(drawn).toContain("Its address does not answer: it answers 500");
  const gone = String(await history([look(row("dep_1", { check, state: "superseded" }))]));
  expect(gone).toContain("superseded</strong>");
  expect(gone).not.toContain("not answer");
  expect(String(await history([look(row("dep_1", { check: { state: "checking", url: "https://a.example" } }))]))).toContain(
    "deploying</strong>",
  );
});

test.each([
  ["records", 1, 0],
  ["certificate", 1, 1],
  ["live", 0, 3],
  ["conflict", 0, 0],
] as const)("a domain in %s: steps under way and done", async (state: AppSetupState, next, done) => {
  const drawn = String(await setupsSection([{ kind: "domain", name: "a.example", state, records: ["CNAME a b"] }]));
  expect([drawn.match(/class="next"/g)?.length ?? 0, drawn.match(/class="done"/g)?.length ?? 0]).toEqual([next, done]);
  expect(drawn.includes("CNAME")).toBe(state !== "live");
});

test("lengths of time are said as people say them", () => {
  expect([400, 3000, 59_600, 72_000, 120_000, 19_320_000].map(tookWords)).toEqual([
    "under 1 s",
    "3 s",
    "1 min",
    "1 min 12 s",
    "2 min",
    "5 h 22 min",
  ]);
});
