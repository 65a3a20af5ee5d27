import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HubError } from "../../../src/contract/errors.ts";
import { takeDelivery } from "../../../src/deploys/webhooks/take.ts";
import type { Webhook } from "../../../src/deploys/webhooks/webhook.ts";
import {
  build,
  cloudDeploy,
  cloudDomain,
  cloudSetup,
  deliver,
  deploymentCreated,
  deploymentStatus,
  GITHUB,
  KOOMPI,
  MAPPED,
  signed,
} from "../../support/webhook-deliveries.ts";

const take = (webhook: Webhook, payload: unknown, more: Parameters<typeof deliver>[2] = {}) =>
  takeDelivery(webhook, deliver(webhook, payload, more));
const newsOf = (...given: Parameters<typeof take>) => {
  const taken = take(...given);
  return "news" in taken ? taken.news : taken;
};

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof HubError) return thrown.code;
    throw thrown;
  }
}

describe("GitHub", () => {
  test("a deployment is queued, with its revision and who began it when", () => {
    expect(newsOf(GITHUB, deploymentCreated, { event: "deployment" })).toEqual({
      deploy_id: "github-145988746",
      app: "coffee-shop",
      environment: "production",
      state: "queued",
      revision: {
        sha: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        ref: "main",
        author: "octo",
        repository: "https://github.com/octo/coffee-shop",
      },
      began_at: Date.parse("2026-05-15T15:20:53Z"),
      urls: {},
    });
  });

  test.each([
    ["pending", "queued"],
    ["queued", "queued"],
    ["in_progress", "deploying"],
    ["success", "live"],
    ["failure", "failed"],
    ["error", "failed"],
    ["inactive", "superseded"],
  ])("%s is %s", (state, expected) => {
    expect(newsOf(GITHUB, deploymentStatus(state))).toMatchObject({
      state: expected,
      urls: { logs: "https://github.com/octo/coffee-shop/actions/runs/1" },
    });
  });

  test("an address is live where it stands, and a preview has its own environment for each ref", () => {
    const url = "https://coffee.example.com";
    expect(newsOf(GITHUB, deploymentStatus("success", { url }))).toMatchObject({ urls: { live: url } });
    expect(newsOf(GITHUB, deploymentStatus("success", { url, preview: true }))).toMatchObject({
      environment: "Preview feature/menu",
      urls: { preview: url },
    });
    expect(newsOf(GITHUB, deploymentStatus("inactive", { preview: true }))).toMatchObject({ state: "deleted" });
  });

  test("another event, a ping, and a state to come are acknowledged and left alone", () => {
    expect(take(GITHUB, { zen: "Design for failure." }, { event: "ping" })).toEqual({ ignored: "the event ping" });
    expect(take(GITHUB, deploymentStatus("waiting"))).toEqual({ ignored: "the state waiting" });
  });
});

describe("KOOMPI Cloud", () => {
  test("a deploy, its failure, and its address once it is live", () => {
    expect(newsOf(KOOMPI, cloudDeploy("building"))).toMatchObject({
      deploy_id: "d1",
      app: "coffee-shop",
      environment: "production",
      state: "building",
    });
    expect(newsOf(KOOMPI, { ...cloudDeploy("error", { log_tail: "exit 1" }), type: "status" })).toMatchObject({
      state: "failed",
      failure_tail: "exit 1",
    });
    const url = "https://coffee-shop.koompi.cloud";
    expect(newsOf(KOOMPI, cloudDeploy("running", { url }))).toMatchObject({ state: "live", urls: { live: url } });
  });

  test("an address nobody sent is made up only below a domain that the configuration names", () => {
    const preview = { type: "preview", app: "coffee-shop", preview: { hash: "a1b2", state: "live" } };
    expect(newsOf(KOOMPI, cloudDeploy("running"))).toHaveProperty("urls.live", undefined);
    expect(newsOf(KOOMPI, preview)).toHaveProperty("urls.preview", undefined);
    const below: Webhook = { ...KOOMPI, shape: { type: "koompi", domain: "koompi.cloud" } };
    expect(newsOf(below, cloudDeploy("running"))).toMatchObject({ urls: { live: "https://coffee-shop.koompi.cloud" } });
    expect(newsOf(below, { ...cloudDeploy("running"), environment: "staging" })).toHaveProperty("urls.live", undefined);
    expect(newsOf(below, preview)).toMatchObject({ urls: { preview: "https://preview-a1b2.koompi.cloud" } });
  });

  test("a type that is not known is acknowledged and left alone; what has none is refused", () => {
    expect(take(KOOMPI, { type: "invoice", total: 3 })).toEqual({ ignored: "the type invoice" });
    expect(codeOf(() => take(KOOMPI, { kind: "deploy" }))).toBe("bad_request");
    expect(codeOf(() => take(KOOMPI, { type: "deploy" }))).toBe("bad_request");
  });

  test("rollback, delete, preview", () => {
    expect(newsOf(KOOMPI, { type: "rollback", app: "coffee-shop", deploy: { id: "d2" } })).toMatchObject({
      deploy_id: "d2",
      state: "rolled_back",
    });
    expect(newsOf(KOOMPI, { type: "delete", app: "coffee-shop" })).toMatchObject({ state: "deleted" });
    expect(newsOf(KOOMPI, { type: "preview", app: "coffee-shop", preview: { hash: "a1b2", state: "live" } })).toMatchObject({
      environment: "preview-a1b2",
    });
  });

  test.each([
    ["records", "records"],
    ["pending_certificate", "certificate"],
    ["active", "live"],
    ["conflict", "conflict"],
    ["wrong_credential", "credential"],
  ])("a domain that is %s, with its records as they are copied", (state, expected) => {
    expect(newsOf(KOOMPI, cloudDomain(state))).toEqual({
      app: "coffee-shop",
      environment: "production",
      urls: {},
      domain: {
        name: "coffee.example.com",
        state: expected,
        records: ["CNAME coffee.example.com coffee-shop.koompi.cloud", "TXT _verify.coffee.example.com token"],
      },
    });
  });

  test.each([
    ["pending", "started"],
    ["needs_credential", "credential"],
    ["wrong_credential", "credential"],
    ["active", "done"],
    ["failed", "failed"],
  ])("a set-up that is %s, with where it goes on", (state, expected) => {
    expect(newsOf(KOOMPI, cloudSetup(state))).toEqual({
      app: "coffee-shop",
      environment: "production",
      urls: {},
      setup: {
        kind: "payments",
        name: "Baray",
        state: expected,
        url: "https://pay.example.internal/coffee-shop",
        at: Date.parse("2026-05-15T15:20:53Z"),
      },
    });
  });

  test.each(["http://pay.example.internal", "javascript:alert(1)", "/keys", null])("a credential is entered nowhere like %s", (url) => {
    expect(newsOf(KOOMPI, cloudSetup("credential", { url }))).not.toHaveProperty("setup.url", expect.anything());
    expect(newsOf(KOOMPI, cloudDomain("credential", { url }))).not.toHaveProperty("domain.url", expect.anything());
  });

  test("a state of a set-up that is not known is left alone", () => {
    for (const state of ["dreaming", "constructor"]) {
      expect(take(KOOMPI, cloudSetup(state))).toEqual({ ignored: `the state ${state}` });
      expect(take(KOOMPI, cloudDomain(state))).toEqual({ ignored: `the state ${state}` });
    }
  });

  test.each(["../etc", "UPPER", "a", "-shop", "x".repeat(64)])("an app cannot be called %s", (app) => {
    expect(codeOf(() => take(KOOMPI, { ...cloudDeploy("live"), app }))).toBe("bad_request");
  });
});

describe("a mapped service", () => {
  test("is read where the configuration says", () => {
    expect(newsOf(MAPPED, build("broken"))).toEqual({
      deploy_id: "42",
      app: "shop",
      environment: "staging",
      state: "failed",
      revision: { sha: "abc" },
      urls: { live: "https://staging.example.internal" },
      failure_tail: "exit 1",
    });
    expect(newsOf({ ...MAPPED, app: "other", environment: "production" }, build("passed"))).toMatchObject({
      app: "other",
      environment: "production",
      state: "live",
    });
  });

  test("may speak of a set-up, with or without a state of the deploy", () => {
    const need = { what: "login", from: "KID", status: "waiting", why: "the key was refused", page: "https://id.example.internal" };
    const setup = { kind: "login", name: "KID", state: "credential", detail: "the key was refused", url: "https://id.example.internal" };
    const { build: _, ...rest } = build("passed");
    expect(newsOf(MAPPED, { ...rest, need })).toEqual({
      app: "shop",
      environment: "staging",
      setup,
      revision: {},
      urls: { live: rest.url },
    });
    expect(newsOf(MAPPED, { ...build("passed"), need: { ...need, status: "done" } })).toMatchObject({
      state: "live",
      setup: { ...setup, state: "done" },
    });
    expect(newsOf(MAPPED, { ...build("passed"), need: { ...need, status: "toString" } })).not.toHaveProperty("setup.state");
  });

  test("our own states count, others are left alone, and nothing is inherited", () => {
    expect(newsOf(MAPPED, build("canceled"))).toMatchObject({ state: "canceled" });
    expect(take(MAPPED, build("constructor"))).toEqual({ ignored: "the state constructor" });
    expect(take(MAPPED, { build: { status: "__proto__" } })).toEqual({ ignored: "the state __proto__" });
  });

  test("without an app is refused", () => expect(codeOf(() => take(MAPPED, { ...build("passed"), project: {} }))).toBe("bad_request"));
});

describe("whatever the shape", () => {
  const each = [
    { webhook: GITHUB, payload: deploymentStatus("success") },
    { webhook: KOOMPI, payload: cloudDeploy("live") },
    { webhook: KOOMPI, payload: cloudDomain("records") },
    { webhook: KOOMPI, payload: cloudSetup("credential") },
    { webhook: MAPPED, payload: build("passed") },
  ];

  test.each(each)("$webhook.name: a wrong or missing signature is refused before anything is read", ({ webhook, payload }) => {
    const sent = deliver(webhook, payload);
    const header = [...sent.headers.keys()].find((name) => name.includes("signature")) ?? "";
    const right = sent.headers.get(header) ?? "";
    for (const wrong of [
      "",
      "sha256=",
      right.slice(0, -1),
      `${right}0`,
      right.toUpperCase(),
      right.replace("sha256=", "sha1="),
      right.slice(7),
    ]) {
      const headers = new Headers(sent.headers);
      headers.set(header, wrong);
      expect(codeOf(() => takeDelivery(webhook, { headers, body: sent.body }))).toBe("webhook_unsigned");
    }
    expect(codeOf(() => take(webhook, payload, { secret: "another" }))).toBe("webhook_unsigned");
    expect(codeOf(() => takeDelivery({ ...webhook, secret: "" }, deliver(webhook, payload, { secret: "" })))).toBe("webhook_unsigned");
    expect(codeOf(() => takeDelivery(webhook, { headers: new Headers(), body: Buffer.from("{") }))).toBe("webhook_unsigned");
  });

  test.each(each)("$webhook.name: one byte more, less or other is another body", ({ webhook, payload }) => {
    const { headers, body } = deliver(webhook, payload);
    const other = Buffer.from(body);
    other[10] = (other[10] ?? 0) ^ 1;
    for (const changed of [body.subarray(0, -1), Buffer.concat([body, Buffer.from(" ")]), other])
      expect(codeOf(() => takeDelivery(webhook, { headers, body: changed }))).toBe("webhook_unsigned");
  });

  test.each(each)("$webhook.name: what is signed and cut off, no JSON or of another shape is refused in words", ({ webhook, payload }) => {
    const whole = Buffer.from(JSON.stringify(payload));
    const bodies = [
      whole.subarray(0, 50),
      Buffer.from(""),
      Buffer.from([0xff, 0xfe]),
      Buffer.from("[]"),
      Buffer.from("null"),
      Buffer.from('{"type":"deploy"}'),
    ];
    const codes = bodies.map((body) => codeOf(() => takeDelivery(webhook, signed(webhook, body))));
    expect(codes.slice(0, 3)).toEqual(["bad_request", "bad_request", "bad_request"]);
    expect(codes.every((code) => code === "bad_request" || (code === undefined && webhook === MAPPED))).toBe(true);
  });

  test.each(each)("$webhook.name: the same delivery, or the same body under another id, is known again", ({ webhook, payload }) => {
    const deliveries = (id: string, given = payload): readonly string[] => {
      const taken = take(webhook, given, { id });
      return "news" in taken ? taken.delivery.keys : [];
    };
    expect(deliveries("1")).toEqual(deliveries("1"));
    expect(deliveries("1")).toHaveLength(2);
    expect(deliveries("2").some((one) => deliveries("1").includes(one))).toBe(true);
  });

  test("100,000 malformed bodies, signed or not, are refused or understood, and never anything else", () => {
    const whole = each.map(({ webhook, payload }) => ({ webhook, text: JSON.stringify(payload), payload }));
    const outcomes: Record<string, number> = {};
    const count = (name: string): void => void (outcomes[name] = (outcomes[name] ?? 0) + 1);
    const wild = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>("", null, -1, 1e300, [], {}, "x".repeat(30_000), "\u202e\u0000", "https://[", { toString: 1 }),
    );
    const spoiled = fc.tuple(fc.nat(), fc.nat(), fc.nat(), wild, fc.boolean());
    fc.assert(
      fc.property(spoiled, ([which, how, at, value, isSigned]) => {
        const { webhook, text, payload } = whole[which % whole.length] ?? whole[0] ?? never();
        const body = Buffer.from(spoil({ text, payload }, how % 4, at, value));
        const sent = isSigned ? signed(webhook, body) : { headers: deliver(webhook, payload).headers, body };
        const code = codeOf(() => count("news" in takeDelivery(webhook, sent) ? "news" : "ignored"));
        if (code !== undefined) count(code);
        return code === undefined || code === "bad_request" || code === "webhook_unsigned";
      }),
      { numRuns: 100_000, seed: 20_261_121, endOnFailure: true },
    );
    expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBe(100_000);
    expect(Object.keys(outcomes).sort()).toEqual(["bad_request", "ignored", "news", "webhook_unsigned"]);
  }, 600_000);
});

function never(): never {
  throw new Error("there is one");
}

/** Cut off, one byte changed, one field replaced, or something else altogether. */
function spoil({ text, payload }: { text: string; payload: object }, how: number, at: number, value: unknown): string {
  if (how === 0) return text.slice(0, at % text.length);
  if (how === 1) return `${text.slice(0, at % text.length)}${String.fromCharCode(at % 256)}${text.slice((at % text.length) + 1)}`;
  if (how === 3) return JSON.stringify(value) ?? "undefined";
  const paths = pathsOf(payload);
  const path = paths[at % paths.length] ?? [];
  const copy = structuredClone(payload) as Record<string, unknown>;
  let place: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  place[path.at(-1) ?? ""] = value;
  return JSON.stringify(copy);
}

function pathsOf(value: unknown, before: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [before];
  return [...(before.length > 0 ? [before] : []), ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...before, key]))];
}
