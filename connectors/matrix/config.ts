/** The account's block for Matrix, and the token it speaks with. */
import { z } from "zod";
import type { ConnectorLimits } from "../../src/contract/connector.ts";
import { parseAccountBlock } from "../shared/account-block.ts";

export const TOKEN_VARIABLE = "MATRIX_ACCESS_TOKEN";

export const userId = z.string().regex(/^@[^:\s]+:\S+$/, "a user id looks like @mos:matrix.example.internal");
const roomName = z.string().regex(/^[!#]\S+$/, "a room id begins with !, an alias with #");

export const matrixConfig = z.strictObject({
  kind: z.literal("matrix").optional(),
  homeserver_url: z.url({ protocol: /^https?$/ }),
  user_id: userId,
  /** The home room: its id or an alias. */
  room_id: roomName.optional(),
  token_env: z.string().default(TOKEN_VARIABLE),
  /** Whose invitations are accepted. Nobody's where it is empty. */
  invites_from: z.array(userId).default([]),
  /** What the homeserver allows this user: Synapse's default, unless the user's limit was raised or the server has none. */
  rate_limit: z
    .union([z.literal("none"), z.strictObject({ per_second: z.number().positive(), burst: z.number().int().min(4) })])
    .default({ per_second: 0.2, burst: 10 }),
  /** How long an answer is waited for. */
  answer_ms: z.number().int().min(50).max(120_000).default(20_000),
  /** How long the server may hold a request for news. */
  poll_ms: z.number().int().min(50).max(300_000).default(30_000),
});

export type MatrixConfig = z.infer<typeof matrixConfig>;

/** Throws HubError `config_invalid` with every problem. */
export const parseConfig = (config: unknown): MatrixConfig => parseAccountBlock(matrixConfig, config);

/** Not to be had while every change and reaction is one of few events. */
export const isFrugal = ({ rate_limit }: MatrixConfig): boolean => rate_limit !== "none" && rate_limit.per_second < 1;

/**
 * An event is 65,536 bytes at most (client-server API v1.19, Size limits). A change carries its text twice, and each text is body and HTML:
 * twice this much, with room for what the server adds.
 */
const TEXT_BYTES = 28_000;
/** Kept back of a burst for what the hub does not count: the two reactions below a card. */
const SEEDS = 2;

export function limitsOf(config: MatrixConfig): ConnectorLimits {
  const { rate_limit: limit } = config;
  const count = limit === "none" ? 0 : limit.burst - SEEDS;
  // `rc_message` is a bucket (Synapse's documentation, 2026: 0.2 a second, 10 at once).
  const pace = limit !== "none" && { perAccount: { count, windowMs: (count / limit.per_second) * 1000, isBucket: true } };
  return {
    text: { max: TEXT_BYTES, unit: "bytes" },
    ...(pace ? { pace } : {}),
    growsByEdits: !isFrugal(config),
    typingMs: TYPING_MS,
    countsAsEvent: ["send", "edit", "reaction"],
  };
}

/** Short, so that it ends soon after the answer; the hub asks again while it lasts. */
export const TYPING_MS = 10_000;
