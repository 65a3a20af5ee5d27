/**
 * What hub.yaml may hold, key by key, with a description of each (shown as a remedy, and in the JSON Schema for editors).
 * Drivers' and connectors' own keys are checked by their own schemas, which the caller hands in: the core knows neither by name.
 */
import { z } from "zod";
import { LOG_LEVELS } from "../log-levels.ts";
import { isSafeDir } from "../people/dir.ts";
import { ROLES } from "../people/roles.ts";
import { duration } from "./durations.ts";
import { approvalsBlock } from "./approvals.ts";
import { chat } from "./chat.ts";
import { deploysBlock } from "./deploys.ts";
import { name } from "./names.ts";
import { orchestratorBlock, orchestratorsBlock } from "./orchestrators.ts";

/** A person's id on a platform. Unquoted digits are read as a number, and long ones lose their last digits by it. */
const sender = z
  .union([z.string().min(1), z.number()])
  .refine((id) => typeof id === "string" || Number.isSafeInteger(id), "is a number too long to be read exactly; write it in quotes");

export const settings = {
  tenant: name.describe("whose hub this is; part of every row and session key. Default: local."),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, "must be one address or host name, without a port")
    .describe("the address to listen on. Default: 127.0.0.1."),
  port: z.number().int().min(0).max(65_535).describe("the port to listen on, 0 to 65535; 0 picks a free one. Default: 7077."),
  data_dir: z.string().min(1).describe("the folder everything is kept in, relative to this file. Default: ~/.local/share/mos-hub."),
  database_url: z
    .string()
    .refine(isPostgresUrl, "must be a URL that begins with postgres:// or postgresql://")
    .describe("a PostgreSQL server instead of the SQLite file."),
  public_url: z
    .string()
    .refine(isWebAddress, "must be an http:// or https:// address without user, query or fragment")
    .describe("where a person's browser reaches the hub, such as https://hub.example.internal."),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe("the certificate, PEM, relative to this file; others that vouch for it may follow in it."),
      key: z.string().min(1).describe("its private key, PEM without a passphrase, readable by nobody else."),
    })
    .describe("encrypts the port itself, so that no proxy is needed; public_url is then its https:// address."),
  log_level: z.enum(LOG_LEVELS).describe("debug, info, warn, error or silent. Default: info."),
};

const account = z
  .looseObject({ kind: z.string().min(1).describe("which connector runs this account.") })
  .describe("one login on one platform.");

const operator = z.strictObject({
  name: z.string().trim().min(1).max(100).describe("the person's name; also what keeps the person the same over restarts."),
  roles: z.array(z.enum(ROLES)).min(1).describe("a list of viewer, operator, approver, admin; none implies another."),
  accounts: z
    .record(name, z.union([sender, z.array(sender).min(1)]))
    .default({})
    .describe("for each account the id (or a list of ids) this person writes from."),
  dir: z
    .string()
    .refine(isSafeDir, "must be lower-case letters, digits and single hyphens, at most 40")
    .describe("the person's directory name. Default: made from the name.")
    .optional(),
});

export const hubFile = z.strictObject({
  tenant: settings.tenant.optional(),
  host: settings.host.optional(),
  port: settings.port.optional(),
  data_dir: settings.data_dir.optional(),
  database_url: settings.database_url.optional(),
  public_url: settings.public_url.optional(),
  tls: settings.tls.optional(),
  orchestrator: orchestratorBlock.optional(),
  orchestrators: orchestratorsBlock.optional(),
  accounts: z.record(name, account).describe("the hub's logins by name; default: console, in this machine's terminal.").optional(),
  operators: z.array(operator).describe("the people who may talk, decide and manage.").default([]),
  approvals: approvalsBlock,
  audit: z
    .strictObject({ head_to: chat.describe("a chat that is told the log's head once a day, so that a log cut short shows.").optional() })
    .prefault({})
    .describe("the append-only log of what was asked and decided."),
  deploys: deploysBlock,
  canary: z
    .strictObject({
      account: name.describe("the account that is proved; its platform must be one that can be asked whether it has a message."),
      chat: z.string().min(1).describe("where the message is said. Default: the account's home chat.").optional(),
      every: duration.default("5m").describe("how often, such as 5m."),
    })
    .describe("proves an account by a message of the hub's own that must be found on the platform. Default: none.")
    .optional(),
  pairing: z
    .strictObject({ expiry: duration.default("24h").describe("how long a stranger's code can be accepted, such as 24h.") })
    .prefault({})
    .describe("how people the hub does not know yet become known."),
  mcp: z
    .strictObject({
      channel: z
        .boolean()
        .default(false)
        .describe(
          "whether an agent with a token of the scope chat is told what people say, by notifications/claude/channel. Default: false.",
        ),
    })
    .prefault({})
    .describe("the hub's MCP server for agents outside, see docs/mcp.md."),
  log: z.strictObject({ level: settings.log_level.optional() }).prefault({}).describe("the hub's log on standard error."),
  limits: z
    .strictObject({
      message_bytes: z
        .number()
        .int()
        .min(1024)
        .max(64 * 1024 * 1024)
        .default(1024 * 1024)
        .describe("the longest message taken, in bytes, 1024 to 67108864."),
      file_bytes: z
        .number()
        .int()
        .min(1024)
        .max(1024 * 1024 * 1024)
        .default(32 * 1024 * 1024)
        .describe("the largest file taken, in bytes, 1024 to 1073741824. Default: 33554432."),
      queue_per_session: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(100)
        .describe("how many messages may wait in one conversation, 1 to 10000."),
      messages_per_minute: z
        .number()
        .int()
        .min(1)
        .max(1_000_000)
        .default(30)
        .describe("how many messages one person may send in a minute, over all accounts, 1 to 1000000; control is never limited."),
      requests_per_second: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(30)
        .describe("how many calls of the HTTP API one token may make for long, 1 to 100000; ten times that at once."),
    })
    .prefault({})
    .describe("what is refused, aloud, so that nothing grows without end."),
});
export type HubFile = z.infer<typeof hubFile>;

/** The JSON Schema of hub.yaml (draft 2020-12), for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(hubFile, { io: "input", unrepresentable: "any" }), title: "hub.yaml of mos-hub" };
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text);
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
}
