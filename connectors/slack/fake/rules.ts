/** What Slack refuses. Sources: Slack Developer Docs, chat.postMessage, Block Kit reference, "Rate limits" (2026). */
import { type Block, Refusal } from "./shapes.ts";

/** Longer texts are cut by chat.postMessage; chat.update refuses more than 4000. */
export const TEXT_MAX = 40_000;
export const UPDATE_TEXT_MAX = 4000;
export const MARKDOWN_MAX = 12_000;
const LENGTHS = { section: 3000, header: 150, buttonText: 75, buttonValue: 2000, url: 3000, id: 255, blocks: 50, elements: 25 } as const;
const BLOCKS_CHARS_MAX = 13_200;

/** Calls a minute of one method; the smallest that Slack promises for its tier. */
export const TIERS: Readonly<Record<string, number>> = {
  "conversations.list": 20,
  "reactions.remove": 20,
  "chat.update": 50,
  "chat.delete": 50,
  "reactions.add": 50,
  "conversations.history": 50,
  "conversations.replies": 50,
  "conversations.info": 50,
  "chat.postEphemeral": 100,
  "users.info": 100,
  "views.open": 100,
  "files.getUploadURLExternal": 100,
  "files.completeUploadExternal": 100,
  "assistant.threads.setStatus": 100,
};

/** The scope each method needs of the bot token. */
export const SCOPES: Readonly<Record<string, string>> = {
  "chat.postMessage": "chat:write",
  "chat.update": "chat:write",
  "chat.delete": "chat:write",
  "chat.postEphemeral": "chat:write",
  "conversations.history": "channels:history",
  "conversations.replies": "channels:history",
  "conversations.info": "channels:read",
  "conversations.list": "channels:read",
  "users.conversations": "channels:read",
  "conversations.open": "im:write",
  "reactions.add": "reactions:write",
  "reactions.remove": "reactions:write",
  "users.info": "users:read",
  "files.getUploadURLExternal": "files:write",
  "files.completeUploadExternal": "files:write",
  "files.info": "files:read",
  "assistant.threads.setStatus": "assistant:write",
  "assistant.threads.setTitle": "assistant:write",
};

export function checkBlocks(blocks: readonly Block[]): void {
  if (blocks.length > LENGTHS.blocks)
    throw new Refusal("invalid_blocks", { errors: ["no more than 50 items allowed [json-pointer:/blocks]"] });
  const ids = blocks.flatMap((block) => block.block_id ?? []);
  if (new Set(ids).size < ids.length) throw new Refusal("invalid_blocks", { errors: ["block_id must be unique"] });
  for (const block of blocks) checkBlock(block);
  if (JSON.stringify(blocks.map(textIn)).length > BLOCKS_CHARS_MAX) throw new Refusal("msg_blocks_too_long");
  const markdown = blocks.filter(({ type }) => type === "markdown").reduce((sum, block) => sum + String(block["text"] ?? "").length, 0);
  if (markdown > MARKDOWN_MAX) throw new Refusal("msg_blocks_too_long");
}

function checkBlock(block: Block): void {
  if (!["section", "header", "divider", "context", "actions", "markdown", "input", "rich_text"].includes(block.type))
    throw new Refusal("invalid_blocks", { errors: [`unsupported type: ${block.type}`] });
  const text = textIn(block);
  if (block.type === "section" && text.length > LENGTHS.section) bad("must be less than 3001 characters", block);
  if (block.type === "header" && text.length > LENGTHS.header) bad("must be less than 151 characters", block);
  if (["section", "header", "markdown"].includes(block.type) && text === "") bad("must be more than 0 characters", block);
  if (block.type === "actions") checkActions(block);
}

function checkActions(block: Block): void {
  const elements = (block["elements"] ?? []) as Record<string, unknown>[];
  if (elements.length === 0 || elements.length > LENGTHS.elements) bad("must have 1 to 25 elements", block);
  const ids = elements.map((element) => String(element["action_id"]));
  if (new Set(ids).size < ids.length) bad("action_id must be unique", block);
  for (const element of elements) {
    const label = (element["text"] as { text?: string; type?: string } | undefined) ?? {};
    if (element["type"] === "button" && label.type !== "plain_text") bad("a button's text is plain_text", block);
    if (element["type"] === "button" && ((label.text?.length ?? 0) < 1 || (label.text?.length ?? 0) > LENGTHS.buttonText))
      bad("must be less than 76 characters", block);
    if (String(element["value"] ?? "").length > LENGTHS.buttonValue) bad("value is too long", block);
    if (String(element["url"] ?? "").length > LENGTHS.url) bad("url is too long", block);
    if (String(element["action_id"] ?? "").length > LENGTHS.id) bad("action_id is too long", block);
    if (element["confirm"] !== undefined) checkConfirm(element["confirm"] as Record<string, { text?: string; type?: string }>, block);
  }
}

/** "Confirmation dialog object": each part has its own length. */
function checkConfirm(confirm: Readonly<Record<string, { text?: string; type?: string }>>, block: Block): void {
  for (const [part, max] of Object.entries({ title: 100, text: 300, confirm: 30, deny: 30 })) {
    const length = confirm[part]?.text?.length ?? 0;
    if (length < 1 || length > max) bad(`confirm.${part} must be 1 to ${max} characters`, block);
  }
}

function bad(reason: string, block: Block): never {
  throw new Refusal("invalid_blocks", { errors: [`${reason} [json-pointer:/blocks/${block.type}]`] });
}

function textIn(block: Block): string {
  const text = block["text"];
  if (typeof text === "string") return text;
  return typeof text === "object" && text !== null && "text" in text ? String(text.text) : "";
}

export function checkView(view: Readonly<Record<string, unknown>>): void {
  const title = (view["title"] as { text?: string } | undefined)?.text ?? "";
  if (title.length < 1 || title.length > 24)
    throw new Refusal("invalid_arguments", { response_metadata: { messages: ["title must be 1 to 24 characters"] } });
  if (String(view["private_metadata"] ?? "").length > 3000) throw new Refusal("invalid_arguments");
  checkBlocks((view["blocks"] ?? []) as Block[]);
}
