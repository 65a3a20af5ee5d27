/** What Discord refuses in the body of a message, as it refuses it: Discord Developer Docs, Message, Components, JSON error codes. Pure. */
import type { Json } from "./world.ts";

/** A refusal of the API. `code`: its JSON error code. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly status: number;
  readonly code: number;
  readonly more: Json;

  constructor(status: number, code: number, message: string, more: Json = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export function invalid(field: string, code: string, message: string): Refusal {
  return new Refusal(400, 50035, "Invalid Form Body", { errors: { [field]: { _errors: [{ code, message }] } } });
}

const MAX = {
  content: 2000,
  nonce: 25,
  customId: 100,
  label: 80,
  url: 512,
  rows: 5,
  buttons: 5,
  options: 25,
  placeholder: 150,
  title: 45,
  input: 4000,
};

/** Throws a Refusal. `files`: how many came with it. */
export function checkMessage(body: Json, files: number): void {
  const { content = "", embeds = [], components = [], nonce, allowed_mentions: mentions } = body;
  if (typeof content !== "string" || content.length > MAX.content)
    throw invalid("content", "BASE_TYPE_MAX_LENGTH", `Must be ${MAX.content} or fewer in length.`);
  if (nonce !== undefined && String(nonce).length > MAX.nonce)
    throw invalid("nonce", "BASE_TYPE_MAX_LENGTH", `Must be ${MAX.nonce} or fewer in length.`);
  checkMentions(mentions as Json | undefined);
  checkEmbeds(embeds as Json[]);
  checkComponents(components as Json[]);
  const isEmpty = content === "" && (embeds as Json[]).length === 0 && (components as Json[]).length === 0 && files === 0;
  if (isEmpty) throw new Refusal(400, 50006, "Cannot send an empty message");
}

function checkMentions(mentions: Json | undefined): void {
  const { parse = [], users = [], roles = [] } = (mentions ?? {}) as { parse?: string[]; users?: string[]; roles?: string[] };
  for (const [kind, ids] of [
    ["users", users],
    ["roles", roles],
  ] as const) {
    if (parse.includes(kind) && ids.length > 0)
      throw invalid(
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
      );
  }
}

function checkEmbeds(embeds: readonly Json[]): void {
  if (embeds.length > 10) throw invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
  for (const { title = "", description = "" } of embeds) {
    if (String(title).length > 256) throw invalid("embeds", "BASE_TYPE_MAX_LENGTH", "title: Must be 256 or fewer in length.");
    if (String(description).length > 4096) throw invalid("embeds", "BASE_TYPE_MAX_LENGTH", "description: Must be 4096 or fewer in length.");
  }
}

export function checkComponents(rows: readonly Json[]): void {
  if (rows.length > MAX.rows) throw invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  const ids = new Set<unknown>();
  for (const row of rows) {
    const parts = (row["components"] ?? []) as Json[];
    if (row["type"] !== 1 || parts.length === 0 || parts.length > MAX.buttons)
      throw invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
    for (const part of parts) {
      checkComponent(part);
      const id = part["custom_id"];
      if (id !== undefined && ids.has(id))
        throw invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
      ids.add(id);
    }
  }
}

function checkComponent(part: Json): void {
  const { type, style, custom_id: id, url, label = "", options = [], placeholder = "" } = part;
  const long = (text: unknown, max: number): boolean => String(text).length > max;
  if (type === 2 && style === 5) {
    if (typeof url !== "string" || !/^(https?|discord):\/\//.test(url) || long(url, MAX.url) || id !== undefined)
      throw invalid("components", "URL_TYPE_INVALID_URL", "Not a well formed URL.");
  } else if (typeof id !== "string" || id === "" || long(id, MAX.customId))
    throw invalid("components", "BASE_TYPE_BAD_LENGTH", `custom_id: Must be between 1 and ${MAX.customId} in length.`);
  if (long(label, MAX.label)) throw invalid("components", "BASE_TYPE_MAX_LENGTH", `label: Must be ${MAX.label} or fewer in length.`);
  if (long(placeholder, MAX.placeholder))
    throw invalid("components", "BASE_TYPE_MAX_LENGTH", "placeholder: Must be 150 or fewer in length.");
  if (type === 3) checkOptions(options as Json[]);
}

function checkOptions(options: readonly Json[]): void {
  if (options.length === 0 || options.length > MAX.options)
    throw invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.");
  if (new Set(options.map(({ value }) => value)).size < options.length)
    throw invalid("components", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used");
  for (const { value, label } of options)
    for (const text of [value, label])
      if (typeof text !== "string" || text === "" || text.length > 100)
        throw invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
}

export function checkModal({ custom_id: id, title, components = [] }: Json): void {
  const rows = components as Json[];
  if (typeof id !== "string" || id.length > MAX.customId)
    throw invalid("custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
  if (typeof title !== "string" || title === "" || title.length > MAX.title)
    throw invalid("title", "BASE_TYPE_BAD_LENGTH", `Must be between 1 and ${MAX.title} in length.`);
  if (rows.length === 0 || rows.length > 5) throw invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  for (const row of rows) {
    const [input] = (row["components"] ?? []) as Json[];
    const { type, label, max_length: longest = MAX.input } = input ?? {};
    if (type !== 4 || typeof label !== "string" || label === "" || label.length > 45 || Number(longest) > MAX.input)
      throw invalid("components", "BASE_TYPE_BAD_LENGTH", "label: Must be between 1 and 45 in length.");
  }
}

export function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name.length === 0 || name.length > 100)
    throw invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
}
