/**
 * The part of ACP the hub reads, as schemas. The SDK does not check answers and drops a whole update it does not know;
 * here only what is used is asked for and everything else may be there, so that a newer agent keeps working.
 */
import { z } from "zod";

const id = z.string().min(1).max(500);
const capability = z.looseObject({}).nullish();

// Answers of the agent

export const initializeAnswer = z.object({
  protocolVersion: z.number(),
  agentInfo: z.object({ name: z.string(), version: z.string().optional() }).nullish(),
  agentCapabilities: z
    .object({
      loadSession: z.boolean().nullish(),
      promptCapabilities: z.object({ image: z.boolean().nullish(), embeddedContext: z.boolean().nullish() }).nullish(),
      mcpCapabilities: z.object({ http: z.boolean().nullish() }).nullish(),
      sessionCapabilities: z.object({ resume: capability, list: capability, close: capability }).nullish(),
    })
    .nullish(),
  authMethods: z.array(z.object({ id: z.string(), name: z.string().nullish() })).nullish(),
});
export type InitializeAnswer = z.infer<typeof initializeAnswer>;

const label = z.string().max(500);
const optionValue = z.object({ value: label, name: label.nullish() });
const configOption = z.object({
  id: label,
  name: label.nullish(),
  category: label.nullish(),
  type: z.string().nullish(),
  currentValue: z.union([label, z.boolean()]),
  options: z
    .array(z.union([optionValue, z.object({ options: z.array(optionValue).max(1000) })]))
    .max(1000)
    .nullish(),
});
export type ConfigOption = z.infer<typeof configOption>;
/** One the hub cannot read is left out, not all of them. */
export const configOptions = z
  .array(configOption.or(z.unknown().transform(() => undefined)))
  .max(200)
  .nullish()
  .catch(undefined)
  .transform((options) => options?.filter((option) => option !== undefined));
export const modes = z
  .object({
    currentModeId: label,
    availableModes: z.array(z.object({ id: label, name: label.nullish() })).max(200),
  })
  .nullish()
  .catch(undefined);
export type Modes = NonNullable<z.infer<typeof modes>>;

export const newSessionAnswer = z.object({ sessionId: id, configOptions, modes });
export const reopenedAnswer = z.object({ configOptions, modes }).nullish();
export const chosenAnswer = z.object({ configOptions }).nullish();

const tokens = z.number().nonnegative().nullish();
const usage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  thoughtTokens: tokens,
  cachedReadTokens: tokens,
  cachedWriteTokens: tokens,
});
export type Tokens = z.infer<typeof usage>;

export const promptAnswer = z.object({
  stopReason: z.string(),
  usage: usage.nullish().catch(undefined),
});
export type PromptAnswer = z.infer<typeof promptAnswer>;

// Updates

const content = z.object({
  type: z.string(),
  text: z.string().optional(),
  uri: z.string().nullish(),
  name: z.string().optional(),
  mimeType: z.string().nullish(),
  data: z.string().nullish(),
  resource: z
    .object({ uri: z.string().optional(), mimeType: z.string().nullish(), text: z.string().optional(), blob: z.string().nullish() })
    .optional(),
});
export type Content = z.infer<typeof content>;
/** Of the kinds of a tool's content the one that may hold a file; a change of a file and a terminal are none. */
export const toolContent = z.object({ type: z.literal("content"), content });

const toolStatus = z.string().nullish();
const toolFields = {
  toolCallId: id,
  title: z.string().nullish(),
  name: z.string().nullish(),
  kind: z.string().nullish(),
  status: toolStatus,
  content: z.array(z.json()).nullish(),
  locations: z.array(z.json()).nullish(),
  rawInput: z.json().optional(),
};
export const toolCall = z.object(toolFields);
export type ToolCall = z.infer<typeof toolCall>;

const subagentState = z.object({
  state: z.string(),
  stopReason: z.string().nullish(),
  error: z.object({ message: z.string() }).nullish().catch(undefined),
  usage: usage.nullish().catch(undefined),
});

export const update = z.discriminatedUnion("sessionUpdate", [
  z.object({ sessionUpdate: z.literal("agent_message_chunk"), content, messageId: z.string().nullish() }),
  z.object({ sessionUpdate: z.literal("tool_call"), ...toolFields }),
  z.object({ sessionUpdate: z.literal("tool_call_update"), ...toolFields }),
  z.object({ sessionUpdate: z.literal("plan"), entries: z.array(z.object({ content: z.string(), status: z.string() })) }),
  z.object({ sessionUpdate: z.literal("notice"), severity: z.string(), title: z.string(), description: z.string().nullish() }),
  z.object({ sessionUpdate: z.literal("config_option_update"), configOptions }),
  z.object({ sessionUpdate: z.literal("current_mode_update"), currentModeId: label }),
  z.object({
    sessionUpdate: z.literal("subagent_update"),
    sessionId: id,
    title: z.string().nullish(),
    description: z.string().nullish(),
    state: subagentState.nullish(),
  }),
]);
export type Update = z.infer<typeof update>;

export const updateNotice = z.object({ sessionId: id, update: z.looseObject({ sessionUpdate: z.string() }) });

// Requests of the agent

export const permissionRequest = z.object({
  sessionId: id,
  toolCall,
  options: z.array(z.object({ optionId: z.string(), name: z.string(), kind: z.string() })),
});
export type PermissionRequest = z.infer<typeof permissionRequest>;

const choice = z.object({ const: z.string(), title: z.string().nullish() });
const property = z.object({
  type: z.string(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  enum: z.array(z.string()).nullish(),
  oneOf: z.array(choice).nullish(),
  items: z.object({ enum: z.array(z.string()).nullish(), anyOf: z.array(choice).nullish() }).nullish(),
});
export type Property = z.infer<typeof property>;

export const elicitationRequest = z.object({
  mode: z.string().default("form"),
  message: z.string().default(""),
  sessionId: id.nullish(),
  url: z.string().optional(),
  elicitationId: z.string().max(500).optional(),
  requestedSchema: z
    .object({
      title: z.string().nullish(),
      description: z.string().nullish(),
      properties: z.record(z.string(), property).default({}),
      required: z.array(z.string()).nullish(),
    })
    .optional(),
});
export type ElicitationRequest = z.infer<typeof elicitationRequest>;

/** A sign-in or another errand at an address is done. */
export const elicitationDone = z.object({ elicitationId: z.string().max(500) });

export const readRequest = z.object({
  sessionId: id,
  path: z.string().min(1).max(4096),
  line: z.number().int().nonnegative().nullish(),
  limit: z.number().int().nonnegative().nullish(),
});
export const writeRequest = z.object({ sessionId: id, path: z.string().min(1).max(4096), content: z.string() });

export const terminalRequest = z.object({
  sessionId: id,
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  cwd: z.string().nullish(),
  outputByteLimit: z.number().int().nonnegative().nullish(),
});
export type TerminalRequest = z.infer<typeof terminalRequest>;
export const terminalNamed = z.object({ sessionId: id, terminalId: z.string() });
