/** The reckoning finds what it is there to find. */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { Row } from "../../../src/contract/tables.ts";
import type { Asked, Books } from "./books.ts";
import { check } from "./check.ts";

const entry = (what: string, subject: string): Row<"audit"> => ({ what, subject }) as Row<"audit">;
const picture = (title: string, state: string, chat: string) => ({
  id: chat,
  chat,
  hasButtons: false,
  reactions: [],
  text: `**ci asks for approval: ${title}** (red)\n\n${state}`,
});
const APPROVED = "✅ Approved by Ann and Cid.";
const DENIED = "❌ Denied by Bob: no.";

let books: Books;
let sign: (claims: Record<string, unknown>) => Promise<string>;
beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "EdDSA" }] };
  sign = (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid: "k" }).setIssuedAt().setExpirationTime("1m").sign(privateKey);
  const approvers = [{ name: "Ann" }, { name: "Cid" }];
  const grant = await sign({ jti: "apr_1", digest: "d1", approvers });
  const common = { code: "AAA-AAA", action: {}, refusals: [] };
  books = {
    asked: [
      { ...common, title: "Race 1", id: "apr_1", digest: "d1", state: "consumed", decidedBy: "Ann and Cid", grant, uses: 1 },
      { ...common, title: "Race 2", id: "apr_2", digest: "d2", state: "denied", decidedBy: "Bob", grant: undefined, uses: 0 },
    ],
    hook: { kept: [picture("Race 1", APPROVED, "lobby"), picture("Race 2", DENIED, "lobby")], said: [] },
    line: {
      kept: [
        picture("Race 1", "`approve AAA-AAA` or", "square"),
        picture("Race 1", APPROVED, "square"),
        picture("Race 2", DENIED, "square"),
      ],
      said: [],
    },
    keys,
    audit: [
      ...["asked", "voted", "approved", "consumed"].map((what) => entry(`approval.${what}`, "apr_1")),
      ...["asked", "denied"].map((what) => entry(`approval.${what}`, "apr_2")),
    ],
    isWhole: true,
  };
});

const wrong = async (change: Partial<Books>): Promise<readonly string[]> => (await check({ ...books, ...change })).wrong;
const first = (change: Partial<Asked>): Partial<Books> => ({
  asked: books.asked.map((one, at) => (at === 0 ? { ...one, ...change } : one)),
});
const said = (...whats: string[]): Partial<Books> => ({
  audit: [...whats.map((what) => entry(`approval.${what}`, "apr_1")), ...books.audit.slice(4)],
});
const onHook = (...states: string[]): Partial<Books> => ({
  hook: { kept: [...states.map((state) => picture("Race 1", state, "lobby")), picture("Race 2", DENIED, "lobby")], said: [] },
});

describe("the reckoning", () => {
  test("is clean where all agree", async () => {
    expect(await check(books)).toEqual({ wrong: [], outcomes: { approved: 1, denied: 1, expired: 0, cancelled: 0 }, used: 1 });
  });

  test.each<[string, () => Partial<Books> | Promise<Partial<Books>>, RegExp]>([
    ["a log that is not whole", () => ({ isWhole: false }), /not whole/],
    ["no outcome", () => said("asked", "voted"), /no outcome/],
    ["two outcomes", () => said("asked", "approved", "expired", "consumed"), /approved and expired/],
    ["the same outcome twice", () => said("asked", "approved", "approved", "consumed"), /outcomes approved/],
    ["a request asked twice", () => said("asked", "asked", "approved", "consumed"), /asked, asked/],
    ["a vote after the end", () => said("asked", "approved", "voted", "consumed"), /after its outcome/],
    ["another outcome in the record", () => first({ state: "expired" }), /record says expired/],
    ["a copy nobody changed", () => onHook("`approve AAA-AAA` or"), /still asks/],
    ["a copy that ends otherwise", () => onHook(DENIED), /does not show approved/],
    ["a copy that showed both", () => onHook(DENIED, APPROVED), /also showed denied/],
    ["a copy that names somebody else", () => onHook("✅ Approved by Dan."), /says Dan decided/],
    ["a platform without a copy", () => ({ line: { kept: [], said: [] } }), /not shown on line/],
    ["a grant used twice", () => first({ uses: 2 }), /used 2 times/],
    ["a use the log does not know", () => said("asked", "approved"), /does not say so/],
    ["a grant for what was denied", () => first({ state: "denied", id: "apr_2" }), /has a grant and is denied/],
    [
      "a grant for another action",
      async () => first({ grant: await sign({ jti: "apr_1", digest: "d9", approvers: [] }) }),
      /something else/,
    ],
  ])("finds %s", async (_what, change, sentence) => {
    expect((await wrong(await change())).join("\n")).toMatch(sentence);
  });
});
