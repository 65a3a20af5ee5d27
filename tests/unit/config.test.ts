import { mkdtemp, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { loadConfig, type LoadOptions } from "../../src/config.ts";
import { ENVIRONMENT } from "../../src/config/environment.ts";
import { configJsonSchema } from "../../src/config/schema.ts";
import { HubError } from "../../src/contract/errors.ts";

const connectors = [
  { kind: "console", config: z.strictObject({ kind: z.literal("console"), keep_entries: z.number().min(100).optional() }) },
  {
    kind: "pigeon",
    config: z.strictObject({ loft: z.string().describe("where the pigeons live.") }),
    environment: [
      { name: "PIGEON_BOT_TOKEN", purpose: "the bird's token", secret: true },
      { name: "PIGEON_LOFT", purpose: "the loft", secret: false },
    ],
  },
];
const drivers = [
  { driver: "rehearsal", config: z.strictObject({}) },
  { driver: "acp", config: z.strictObject({ driver: z.literal("acp"), command: z.array(z.string()).min(1), cwd: z.string().optional() }) },
];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "mos-hub-config-"));
});

const load = async (yaml?: string, env: LoadOptions["env"] = {}) => {
  if (yaml !== undefined) await writeFile(join(cwd, "hub.yaml"), yaml);
  return loadConfig({ env: { HOME: cwd, ...env }, cwd, connectors, drivers });
};
const refusal = async (yaml?: string, env: LoadOptions["env"] = {}) => {
  const error = await load(yaml, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HubError)) throw new Error("the configuration was taken", { cause: error });
  expect(error.exitCode).toBe(78);
  return error.message;
};
/** Random, so that no secret of any shape lies in the repository. */
const randomText = (bytes = 24) => randomBytes(bytes).toString("base64url");

describe("a canary", () => {
  test("is of an account there is, every five minutes unless it says otherwise", async () => {
    expect((await load("")).canary).toBeUndefined();
    expect((await load("canary: { account: console }")).canary).toEqual({ account: "console", chat: undefined, everyMs: 300_000 });
    expect((await load("canary: { account: console, chat: c1, every: 30s }")).canary).toMatchObject({ chat: "c1", everyMs: 30_000 });
    expect(await refusal("canary: { account: consule }")).toContain(
      'canary.account (line 1) names no account there is\n    Did you mean "console"?',
    );
  });
});

describe("without a file", () => {
  test("everything has a default and the console answers to a rehearsal", async () => {
    const config = await load();
    expect(config).toMatchObject({
      file: undefined,
      tenantId: "local",
      host: "127.0.0.1",
      port: 7077,
      dataDir: join(cwd, ".local", "share", "mos-hub"),
      databaseUrl: undefined,
      publicUrl: undefined,
      orchestrator: { driver: "rehearsal", name: "orchestrator", alias: "Mos", options: {} },
      accounts: [{ account: "console", kind: "console", config: { kind: "console" } }],
      operators: [],
      approvals: { autonomyTier: 2, base: { expiryMs: 86_400_000, executionWindowMs: 600_000 } },
      log: { level: "info" },
      limits: { messageBytes: 1_048_576, queuePerSession: 100, requestsPerSecond: 30 },
      secrets: [],
    });
  });

  test("the environment alone sets every setting, and an empty variable none", async () => {
    const config = await load(undefined, {
      MOS_HUB_DATA_DIR: "data",
      MOS_HUB_HOST: "0.0.0.0",
      MOS_HUB_PORT: "0",
      MOS_HUB_PUBLIC_URL: "https://hub.example.internal/",
      MOS_HUB_LOG_LEVEL: "debug",
      MOS_HUB_DATABASE_URL: "",
    });
    expect(config).toMatchObject({
      dataDir: join(cwd, "data"),
      host: "0.0.0.0",
      port: 0,
      publicUrl: "https://hub.example.internal",
      databaseUrl: undefined,
    });
    expect(config.log.level).toBe("debug");
  });

  test("XDG_DATA_HOME is used when it is absolute", async () => {
    expect((await load(undefined, { XDG_DATA_HOME: join(cwd, "xdg") })).dataDir).toBe(join(cwd, "xdg", "mos-hub"));
    expect((await load(undefined, { XDG_DATA_HOME: "xdg" })).dataDir).toBe(join(cwd, ".local", "share", "mos-hub"));
  });

  test("without known parts blocks are not looked into", async () => {
    await writeFile(join(cwd, "hub.yaml"), "accounts: { a: { kind: whatever, x: 1 } }\norchestrator: { driver: other, y: 2 }\n");
    const config = await loadConfig({ env: { HOME: cwd }, cwd });
    expect(config.accounts).toMatchObject([{ account: "a", kind: "whatever", config: { kind: "whatever", x: 1 } }]);
    expect(config.orchestrator.options).toEqual({ y: 2 });
  });
});

describe("a file", () => {
  const FULL = `
tenant: acme
host: 0.0.0.0
port: 8080
data_dir: ./data
public_url: https://hub.example.internal
orchestrator: { driver: acp, name: sentinel, alias: Sentinel, command: [agent, --acp] }
accounts:
  console: { kind: console, keep_entries: 500 }
  birds: { kind: pigeon, loft: roof }
operators:
  - { name: Anna, roles: [operator, approver, operator], accounts: { birds: [a1, 42] }, dir: anna }
  - { name: Bo, roles: [viewer], accounts: { birds: "b1" } }
approvals: { autonomy_tier: 1, expiry: 2h, execution_window: 90s }
log: { level: warn }
limits: { message_bytes: 2048, queue_per_session: 7, requests_per_second: 9 }
`;

  test("sets everything, and the driver's and connectors' own keys pass unchanged", async () => {
    const config = await load(FULL);
    expect(config).toMatchObject({
      file: join(cwd, "hub.yaml"),
      tenantId: "acme",
      port: 8080,
      dataDir: join(cwd, "data"),
      orchestrator: { driver: "acp", name: "sentinel", alias: "Sentinel" },
      approvals: { autonomyTier: 1, base: { expiryMs: 7_200_000, executionWindowMs: 90_000 } },
      log: { level: "warn" },
      limits: { messageBytes: 2048, queuePerSession: 7, requestsPerSecond: 9 },
    });
    expect(config.orchestrator.options).toEqual({ driver: "acp", command: ["agent", "--acp"] });
    expect(config.accounts[1]).toMatchObject({ account: "birds", kind: "pigeon", config: { kind: "pigeon", loft: "roof" } });
    expect(config.operators).toEqual([
      {
        name: "Anna",
        roles: ["operator", "approver"],
        accounts: [
          { account: "birds", sender: "a1" },
          { account: "birds", sender: "42" },
        ],
        dir: "anna",
      },
      { name: "Bo", roles: ["viewer"], accounts: [{ account: "birds", sender: "b1" }], dir: undefined },
    ]);
  });

  test("gives way to the environment, and an empty one to the defaults", async () => {
    expect((await load(FULL, { MOS_HUB_PORT: "9000" })).port).toBe(9000);
    expect((await load("# nothing yet\n")).port).toBe(7077);
    expect((await load("log:\n  # level: debug\naccounts:\n")).accounts).toHaveLength(1);
  });

  test("named by MOS_HUB_CONFIG or by the caller must be there", async () => {
    const named = loadConfig({ env: { MOS_HUB_CONFIG: "other.yaml" }, cwd });
    await expect(named).rejects.toMatchObject({ code: "config_unreadable", exitCode: 78 });
    await expect(loadConfig({ env: {}, cwd, file: "." })).rejects.toThrow("it is a folder");
  });
});

describe("every problem at once", () => {
  test("each with its path, its line, what is wrong and a remedy", async () => {
    const message = await refusal(
      `prot: 1
port: "80"
tenant: Has Space
accounts:
  Console: { kind: console }
  c2: { kind: consle }
  c3: { kind: console, keep_entries: 5 }
  c4: { kind: pigeon, lofts: x }
operators:
  - { name: Anna, roles: [aprover], accounts: { c22: x } }
  - { name: Anna, roles: [viewer], accounts: { c2: 12345678901234567890 } }
approvals: { expiry: 24, execution_window: 10 }
log: { level: loud }
orchestrator: { driver: acpp }
`,
      { MOS_HUB_PORT: "eighty", MOS_HUB_PUBLIC_URL: "hub.example.internal", MOS_HUB_PIN: "123456", MOS_HUB_DATADIR: "x" },
    );
    const lines = [
      'prot (line 1) is not a known key\n    Did you mean "port"?',
      "port (line 2) must be a number, not a text\n    It means: the port to listen on",
      "tenant (line 3) must be lower-case letters",
      "accounts.Console (line 5) must be lower-case letters",
      'accounts.c2.kind (line 6) names no kind of connector there is\n    Did you mean "console"? Known: console, pigeon.',
      "accounts.c3.keep_entries (line 7) must be at least 100",
      'accounts.c4.lofts (line 8) is not a known key\n    Did you mean "loft"?',
      "accounts.c4.loft (line 8) is missing\n    It means: where the pigeons live.",
      "operators[0].roles[0] (line 10) must be one of: viewer, operator, approver, admin (did you mean approver?)",
      'operators[0].accounts.c22 (line 10) names no account there is\n    Did you mean "c2"?',
      "operators[1].name (line 11) gives this name to a second person",
      "operators[1].accounts.c2 (line 11) is a number too long to be read exactly; write it in quotes",
      "approvals.expiry (line 12) must be a text, not a number\n    It means: how long a request waits",
      "log.level (line 13) must be one of: debug",
      "orchestrator.driver (line 14) names no orchestrator driver there is",
      "MOS_HUB_PORT must be a whole number",
      "MOS_HUB_PUBLIC_URL must be an http:// or https:// address",
      "MOS_HUB_PIN is too easy to guess",
      "MOS_HUB_DATADIR is not a variable of the hub\n    Did you mean MOS_HUB_DATA_DIR?",
    ];
    for (const line of lines) expect(message).toContain(line);
    expect(message).toMatch(/^The configuration has \d+ problems:/);
  });

  test.each([
    ["a: [1, 2\nb: 3\n", /hub\.yaml \(line \d\) is not YAML at column \d+/],
    ["port: 1\nport: 2\n", /hub\.yaml \(line 2\) is not YAML at column 1: Map keys must be unique/],
    ["- port\n", /is not a mapping of keys/],
    ["a: &a [x,x]\nb: *c\n", /hub\.yaml/],
    ["\tport: 1\n", /hub\.yaml \(line 1\)/],
  ])("malformed YAML %j names its line", async (yaml, expected) => {
    expect(await refusal(yaml)).toMatch(expected);
  });

  test("every account of a kind nobody knows is named", async () => {
    const yaml = "accounts: { one: { kind: carrier }, two: { kind: irc } }\n";
    await writeFile(join(cwd, "hub.yaml"), yaml);
    const message = await loadConfig({ env: {}, cwd, connectors, drivers }).then(String, String);
    expect(message).toContain("accounts.one.kind (line 1) names no kind of connector there is");
    expect(message).toContain("accounts.two.kind (line 1) names no kind of connector there is");
  });

  test("one sender cannot be two people", async () => {
    const message = await refusal(
      'operators:\n  - { name: A, roles: [viewer], accounts: { console: "7" } }\n  - { name: B, roles: [viewer], accounts: { console: [7] } }\n',
    );
    expect(message).toContain("operators[1].accounts.console (line 3) gives this account's id to a second person");
  });

  test.each(["10", "10 weeks", "-1h", "0s", "500ms", "900d"])("%j is no duration", async (text) => {
    expect(await refusal(`approvals: { expiry: "${text}" }\n`)).toContain("approvals.expiry");
  });
});

describe("secrets", () => {
  test.each([
    [
      "accounts: { birds: { kind: pigeon, loft: x, bot_token: SECRET } }",
      "accounts.birds.bot_token",
      "PIGEON_BOT_TOKEN (or PIGEON_BOT_TOKEN_FILE)",
    ],
    ["database_url: postgres://hub:SECRET@db.example.internal/hub", "database_url", "MOS_HUB_DATABASE_URL"],
    ["database_url: postgres://db.example.internal/hub?password=SECRET", "database_url", "MOS_HUB_DATABASE_URL"],
    ["orchestrator: { driver: acp, command: [a, --api-key, SECRET] }", "orchestrator.command[2]", "API_KEY"],
    ["orchestrator: { driver: acp, command: [a, --token=SECRET] }", "orchestrator.command[1]", "TOKEN"],
    [
      "orchestrator: { driver: acp, command: [a], env: { SERVICE_API_KEY: SECRET } }",
      "orchestrator.env.SERVICE_API_KEY",
      "SERVICE_API_KEY",
    ],
    ["webhookSecret: SECRET", "webhookSecret", "WEBHOOK_SECRET"],
  ])("%s is refused", async (yaml, path, variable) => {
    const secret = randomText();
    const message = await refusal(yaml.replace("SECRET", secret));
    expect(message).toContain(`${path} (line 1) holds a secret`);
    expect(message).toContain(`set ${variable.includes("_FILE") || path === "database_url" ? variable : `a variable such as ${variable}`}`);
    expect(message).not.toContain(secret);
    expect(message.split(`${path} (line 1)`)).toHaveLength(2);
  });

  test("a well-known token is refused under any key, and never shown by a YAML error", async () => {
    const token = `ghp_${"a1B2".repeat(9)}`;
    expect(await refusal(`tenant: ${token}`)).toContain("tenant (line 1) holds a secret (github token)");
    const malformed = [
      `"${token}" x: y`,
      `a: "${token}`,
      `a: *${token}`,
      `a: b\n]${token}`,
      `a: |${token}\n x`,
      `a: !e!${token} x`,
      `a: 'x' ${token}`,
    ];
    for (const yaml of malformed) {
      const message = await refusal(yaml);
      expect(message).toMatch(/is not YAML at column|has an alias/);
      expect(message).not.toContain(token);
    }
  });

  test.each(["kind: pigeon, loft: /run/secrets/bot-token-file-2941", "kind: pigeon, loft: an ordinary sentence of words"])(
    "%s is none",
    async (block) => {
      await expect(load(`accounts: { birds: { ${block} } }`)).resolves.toBeDefined();
    },
  );

  test("come from the environment or a file, are registered, and are withheld from agents", async () => {
    const [token, password, apiKey] = [randomText(), `${randomText()}%2F`, randomText()];
    await writeFile(join(cwd, "token"), `${token}\n`);
    const url = `postgres://hub:${password}@db.example.internal/hub`;
    const config = await load(undefined, {
      PIGEON_BOT_TOKEN_FILE: "token",
      PIGEON_LOFT: "roof",
      MOS_HUB_DATABASE_URL: url,
      MOS_HUB_PIN: "739154",
      SERVICE_API_KEY: apiKey,
      SHELL_KEY: "/usr/share/keys",
    });
    expect(config.variables).toEqual({ PIGEON_BOT_TOKEN: token, PIGEON_LOFT: "roof" });
    expect(config.pin).toBe("739154");
    expect(config.secrets).toEqual(
      expect.arrayContaining([
        { name: "PIGEON_BOT_TOKEN", value: token },
        { name: "MOS_HUB_DATABASE_URL", value: url },
        { name: "MOS_HUB_DATABASE_URL", value: decodeURIComponent(password) },
        { name: "MOS_HUB_PIN", value: "739154" },
        { name: "SERVICE_API_KEY", value: apiKey },
      ]),
    );
    expect(config.secrets.map(({ name }) => name)).not.toContain("SHELL_KEY");
    expect(Object.keys(config.baseEnv).sort()).toEqual(["HOME", "PIGEON_LOFT", "SERVICE_API_KEY", "SHELL_KEY"]);
    expect(config.withheld).toContain("MOS_HUB_PIN");
  });

  test("files that cannot be read, are empty, or stand beside the value itself are problems", async () => {
    await writeFile(join(cwd, "empty"), "\n");
    expect(await refusal(undefined, { MOS_HUB_PIN_FILE: "nowhere" })).toContain("MOS_HUB_PIN_FILE names a file that cannot be read");
    expect(await refusal(undefined, { MOS_HUB_PIN_FILE: "empty" })).toContain("MOS_HUB_PIN_FILE names an empty file");
    expect(await refusal(undefined, { MOS_HUB_PIN_FILE: "empty", MOS_HUB_PIN: "739154" })).toContain("is set together with MOS_HUB_PIN");
  });
});

test("the JSON Schema names and describes every key", () => {
  const schema = configJsonSchema() as { properties: Record<string, { description?: string }>; additionalProperties: boolean };
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining([
      "tenant",
      "host",
      "port",
      "data_dir",
      "database_url",
      "public_url",
      "orchestrator",
      "accounts",
      "operators",
      "approvals",
      "log",
      "limits",
    ]),
  );
  for (const [key, { description }] of Object.entries(schema.properties)) expect(description, key).toBeTruthy();
  expect(ENVIRONMENT.map(({ name }) => name)).toContain("MOS_HUB_CONFIG");
});

describe("several orchestrators", () => {
  const SEVERAL = `
orchestrators:
  mos: { driver: acp, command: [agent] }
  sentinel: { alias: Sentinel Prime, busy_mode: collect, chats: [{ account: console, chat: main }] }
`;
  test("by name, the first being the default; each has its own keys", async () => {
    const { orchestrator, orchestrators } = await load(SEVERAL);
    expect(orchestrator).toBe(orchestrators[0]);
    expect(orchestrators).toMatchObject([
      { name: "mos", alias: "Mos", driver: "acp", busyMode: "queue", chats: [], options: { driver: "acp", command: ["agent"] } },
      {
        name: "sentinel",
        alias: "Sentinel Prime",
        driver: "rehearsal",
        busyMode: "collect",
        chats: [{ account: "console", chat: "main" }],
      },
    ]);
  });

  test.each([
    ["orchestrators: {}", "names no orchestrator"],
    ["orchestrators: { Mos: {} }", "must be lower-case letters"],
    ["orchestrator: {}\norchestrators: { mos: {} }", "stands beside orchestrators"],
    ["orchestrators: { mos: { driver: nothing } }", "names no orchestrator driver there is"],
    ["orchestrators: { mos: { name: other } }", "orchestrators.mos.name"],
    ["orchestrators: { mos: {}, other: { alias: MOS } }", "is what another orchestrator is called, too"],
    ["orchestrators: { mos: { chats: [{ account: nowhere }] } }", "names no account there is"],
    ["orchestrators: { mos: { chats: [{ account: console }] }, other: { chats: [{ account: console }] } }", "is claimed twice"],
  ])("%s: %s", async (text, problem) => {
    await expect(load(text)).rejects.toThrow(problem);
  });
});
