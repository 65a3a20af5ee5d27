/**
 * Cards in words: what every platform can show, and what a person hears read aloud. CommonMark.
 * Connectors that draw a card better still send these words as its fallback.
 */
import { tookWords } from "../contract/counted.ts";
import {
  type ApprovalCard,
  type CanvasCard,
  type Card,
  type DeployCard,
  type DeployState,
  type ProgressCard,
  type ProgressStep,
  type QuestionCard,
  SETUP_WORDS,
} from "../contract/message.ts";

export function wordsOf(card: Card): string {
  switch (card.type) {
    case "approval":
      return approvalWords(card);
    case "question":
      return questionWords(card);
    case "deploy":
      return deployWords(card);
    case "canvas":
      return canvasWords(card);
    case "progress":
      return progressWords(card);
    case "notice":
      return card.text;
    default:
      return card satisfies never;
  }
}

/** `2026-01-31 12:05 UTC`. */
export function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function approvalWords(card: ApprovalCard): string {
  const head = `**${card.asker} asks for approval: ${card.title}** (${card.class.replaceAll("_", " ")})`;
  const target = [card.app, card.environment].filter(Boolean).join(", ");
  const body = [head, card.reason, target && `On: ${target}`, fence(card.action)].filter((line) => line !== undefined);
  return [...body, votesSoFar(card), approvalState(card), card.similarPending ? "A similar, but not equal, request is pending too." : ""]
    .filter(Boolean)
    .join("\n\n");
}

function votesSoFar({ state, votes }: ApprovalCard): string {
  if (state !== "pending" || !votes) return "";
  const against = votes.denying.length > 0 ? `, against it: ${votes.denying.join(", ")}` : "";
  return `${votes.approving.length} of ${votes.needed}: ${votes.approving.join(", ") || "nobody yet"}${against}.`;
}

function approvalState(card: ApprovalCard): string {
  const by = card.decidedBy ? ` by ${card.decidedBy}` : "";
  const why = card.decisionReason ? `: ${card.decisionReason}` : "";
  switch (card.state) {
    case "pending":
      return `\`approve ${card.code}\` or \`deny ${card.code} reason\`, until ${minuteOf(card.expiresAt)}.`;
    case "approved":
    case "consumed":
      return `✅ Approved${by}${why}.`;
    case "denied":
      return `❌ Denied${by}${why}.`;
    case "expired":
      return "⌛ Expired without a decision.";
    case "cancelled":
      return `Cancelled${why}.`;
    default:
      return card.state satisfies never;
  }
}

function questionWords(card: QuestionCard): string {
  const lines = [`**${card.asker} asks:** ${card.text}`];
  if (card.url) lines.push(card.url);
  for (const field of card.form.fields) {
    const choices = (field.options ?? []).map((option, index) => `${index + 1}. ${option.label}`);
    lines.push([field.label, ...choices].join("\n"));
  }
  if (card.state === "pending") lines.push(`Answer here, or with \`answer ${card.code} …\`.`);
  else
    lines.push(
      card.answer === undefined
        ? `No longer asked (${card.state}).`
        : `Answered${card.answeredBy ? ` by ${card.answeredBy}` : ""}: ${card.answer}`,
    );
  return lines.join("\n\n");
}

const DEPLOY_WORDS: Record<DeployState, string> = {
  queued: "🕒 queued",
  building: "🔨 building",
  deploying: "🚚 deploying",
  live: "🟢 live",
  failed: "🔴 failed",
  canceled: "⚪ canceled",
  rolled_back: "↩️ rolled back",
  superseded: "⚪ superseded",
  deleted: "⚪ deleted",
};

function deployWords(card: DeployCard): string {
  const elapsed = card.elapsedMs === undefined ? "" : ` after ${tookWords(card.elapsedMs)}`;
  const state = card.trouble === undefined ? DEPLOY_WORDS[card.state] : "🟠 reported live";
  const lines = [`**${card.app}** (${card.environment}): ${state}${elapsed}`];
  const { revision, urls, setups = [], notes = [] } = card;
  if (revision) lines.push([revision.ref, revision.sha?.slice(0, 10), revision.subject, revision.author].filter(Boolean).join(" · "));
  for (const [name, url] of Object.entries(urls)) if (url) lines.push(name === "live" ? url : `${name}: ${url}`);
  if (card.trouble !== undefined) lines.push(`Its address does not answer: ${card.trouble}`);
  for (const { kind, name, state, records = [], url } of setups) {
    lines.push([`${kind} ${name}: ${SETUP_WORDS[state]}`, url].filter(Boolean).join(": "));
    if (records.length > 0 && state !== "live") lines.push(fence(records.join("\n")));
  }
  lines.push(...notes);
  if (card.failureTail) lines.push(fence(card.failureTail));
  return lines.join("\n");
}

function canvasWords({ title, state, revision = 1, expiresAt, url, note, code }: CanvasCard): string {
  if (state !== "open") return `**${title}** (${state})`;
  const facts = [revision > 1 ? `version ${revision}` : "", expiresAt === undefined ? "" : `until ${minuteOf(expiresAt)}`].filter(Boolean);
  const own = code && url ? `A link of your own, to send something back: \`!canvas ${code}\` in a direct message.` : undefined;
  return [`**${title}**${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`, url, note, own].filter(Boolean).join("\n");
}

const STEP_MARK: Record<ProgressStep["state"], string> = { pending: "·", running: "▸", done: "✓", failed: "✗" };

function progressWords(card: ProgressCard): string {
  const step = (entry: ProgressStep & { summary?: string | undefined }): string =>
    `${STEP_MARK[entry.state]} ${entry.title}${entry.summary ? `: ${entry.summary}` : ""}`;
  const groups = [card.plan.map(step), card.team.map(step), card.tools.map(step)].filter((group) => group.length > 0);
  const head = {
    working: `${card.asker} is working`,
    done: `${card.asker} is done`,
    failed: `${card.asker} failed`,
    stopped: `${card.asker} was stopped`,
  }[card.state];
  return [head, ...groups.map((group) => group.join("\n"))].join("\n\n");
}

/** A fence longer than any run of backticks inside, so that nothing in the text can close it. */
export function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const marks = "`".repeat(longest + 1);
  return `${marks}\n${text}\n${marks}`;
}
