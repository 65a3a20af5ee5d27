/**
 * Cards as lines for a terminal. Pure: the same card, width and time give the same lines. None is wider than `width` cells but a link that is,
 * which stays whole so that it can be opened.
 * Everything inside a card came from an agent and is neutralised here.
 */
import { tookWords } from "../../contract/counted.ts";
import {
  type AppSetup,
  type ApprovalCard,
  type CanvasCard,
  type Card,
  type DeployCard,
  type DeployState,
  type FormField,
  type ProgressCard,
  type ProgressStep,
  type QuestionCard,
  DEPLOY_GLYPHS,
  SETUP_WORDS,
} from "../../contract/message.ts";
import { renderMarkdown } from "./markdown-lines.ts";
import { createPaint, type Paint } from "./paint.ts";
import { cellsOf, clip, hang, measureOf, neutralise, pad, wrap } from "./text-cells.ts";

export interface Canvas {
  /** Cells of the terminal. */
  readonly width: number;
  readonly paint: Paint;
  /** Epoch ms, for "in 23 h". */
  readonly now: number;
  /** Where it is not the chat: what is typed to decide. */
  readonly howToDecide?: ((card: ApprovalCard | QuestionCard) => string) | undefined;
}

/** A line of a box: what it says and how it is painted once it is wrapped. A link is never broken: too long for the box, it stands below it. */
type Line = string | { readonly text: string; readonly as: (text: string) => string; readonly isLink?: true };

const link = (text: string, paint: Paint): Line => ({ text, as: paint.cyan, isLink: true });

export function renderCard(card: Card, canvas: Canvas): string[] {
  switch (card.type) {
    case "approval":
      return box(`Approval · ${card.class.replace("_", " ")}`, approvalLines(card, canvas), canvas);
    case "question":
      return box(`Question from ${card.asker}`, questionLines(card, canvas), canvas);
    case "deploy":
      return box("Deploy", deployLines(card, canvas), canvas);
    case "canvas":
      return box(`Canvas · ${card.kind}`, canvasLines(card, canvas), canvas);
    case "progress":
      return progressLines(card, canvas);
    case "notice":
      return noticeLines(card.level, card.text, canvas);
    default:
      return card satisfies never;
  }
}

/** The card in one line. */
export function renderCardLine(card: Card, canvas: Canvas): string {
  if (card.type === "progress") return progressLines(card, canvas)[0] ?? "";
  const { as, sign, words } = inShort(card, canvas);
  return as(clip(oneLine(`${sign} ${words}`.trim()), canvas.width));
}

/** What a card that was drawn before says now, whole. */
export function renderCardChange(card: Card, canvas: Canvas): string[] {
  if (card.type === "progress") return progressLines(card, canvas).slice(0, 1);
  const { as, sign, words } = inShort(card, canvas);
  return hang(sign, wrap(oneLine(words), measureOf(canvas.width) - 2)).map(as);
}

interface Short {
  /** One cell. */
  readonly sign: string;
  readonly words: string;
  readonly as: (text: string) => string;
}

function inShort(card: Exclude<Card, ProgressCard>, { paint, now }: Canvas): Short {
  switch (card.type) {
    case "approval":
      return { sign: stateGlyph(card.state), words: `${card.code} ${stateWords(card)}`, as: stateColour(card.state, paint) };
    case "question": {
      const words = `${card.code} ${card.answer ? `answered: ${card.answer}` : card.state}`;
      return { sign: stateGlyph(card.state), words, as: stateColour(card.state, paint) };
    }
    case "deploy": {
      const head = [deployHead(card), deployAddress(card)].filter(Boolean).join(" ");
      const words = [head, ...(card.setups ?? []).map(setupWords)].join(" · ");
      return { sign: deployGlyph(card), words, as: deployPaint(card, paint) };
    }
    case "canvas":
      return {
        sign: "▤",
        words: `${card.title} ${card.url ?? plain(card.note ?? "")}${expiry(card.expiresAt, now)}`.trim(),
        as: paint.cyan,
      };
    case "notice":
      return { sign: "!", words: plain(card.text), as: noticePaint(card.level, paint) };
    default:
      return card satisfies never;
  }
}

const PLAIN = { width: Infinity, paint: createPaint(false) };
/** The hub's own Markdown, its marks left out. */
const plain = (text: string): string => renderMarkdown(neutralise(text), PLAIN).join(" ");

// approval and question

function approvalLines(card: ApprovalCard, { paint, now, howToDecide = inChat }: Canvas): Line[] {
  const waits = card.state === "pending";
  return [
    { text: card.title, as: paint.bold },
    ...(card.reason ? [card.reason] : []),
    "",
    ...card.action.split("\n").map((text) => ({ text: `  ${text}`, as: paint.cyan })),
    "",
    `${card.asker} asks; ${waits ? `expires ${inWords(card.expiresAt - now)}` : stateWords(card)}`,
    ...(card.similarPending ? [{ text: "A similar but different request is pending too.", as: paint.yellow }] : []),
    ...(waits ? [{ text: howToDecide(card), as: paint.bold }] : [{ text: `${card.code}`, as: paint.dim }]),
  ];
}

function questionLines(card: QuestionCard, { paint, howToDecide = inChat }: Canvas): Line[] {
  const pending = card.state === "pending";
  return [
    card.text,
    ...(card.url ? [link(card.url, paint)] : []),
    ...card.form.fields.flatMap(fieldLines),
    "",
    pending ? { text: howToDecide(card), as: paint.bold } : { text: card.answer ? `answered: ${card.answer}` : card.state, as: paint.dim },
  ];
}

function fieldLines(field: FormField): Line[] {
  const label = `${field.label}${field.kind === "boolean" ? " (yes or no)" : ""}${field.required ? "" : " (optional)"}`;
  return [label, ...choicesOf(field).map(({ label: choice }, at) => `  ${at + 1}. ${choice}`)];
}

function inChat(card: ApprovalCard | QuestionCard): string {
  if (card.type === "approval") return `/approve ${card.code}   /deny ${card.code} reason`;
  return `${howToAnswer(card)}\nElsewhere: !answer ${card.code} …`;
}

/** The hub takes the number of a choice for its value; "yes" and "no" speak for themselves. */
const choicesOf = (field: FormField) => (field.kind === "choice" ? (field.options ?? []) : []);

function howToAnswer({ form }: QuestionCard): string {
  if (form.fields.length > 1) return "Type your answers one a line; end a line with \\ to go on in the next.";
  return form.fields.some((field) => choicesOf(field).length > 0) ? "Type your answer or its number." : "Type your answer.";
}

type Decidable = ApprovalCard["state"] | QuestionCard["state"];

const stateGlyph = (state: Decidable): string => (state === "pending" ? "?" : isYes(state) ? "✔" : "✖");
const isYes = (state: Decidable): boolean => state === "approved" || state === "consumed" || state === "answered";
const stateColour = (state: Decidable, paint: Paint) => (state === "pending" ? paint.yellow : isYes(state) ? paint.green : paint.red);

function stateWords({ state, decidedBy, decisionReason }: ApprovalCard): string {
  const word = state === "consumed" ? "approved and used" : state;
  return `${word}${decidedBy ? ` by ${decidedBy}` : ""}${decisionReason ? `: ${decisionReason}` : ""}`;
}

// deploy and canvas

function deployLines(card: DeployCard, { paint }: Canvas): Line[] {
  const { revision, urls, setups = [], notes = [], trouble } = card;
  const commit = [revision?.ref, revision?.sha?.slice(0, 8), revision?.subject, revision?.author].filter(Boolean).join(" · ");
  return [
    {
      text: `${deployGlyph(card)} ${deployHead(card)}${card.elapsedMs === undefined ? "" : ` after ${tookWords(card.elapsedMs)}`}`,
      as: deployPaint(card, paint),
    },
    ...(trouble === undefined ? [] : [{ text: `its address does not answer: ${trouble}`, as: paint.yellow }]),
    ...(commit === "" ? [] : [commit]),
    ...(["live", "preview", "logs"] as const).flatMap((name) => (urls[name] ? [link(`${name}: ${urls[name]}`, paint)] : [])),
    ...setups.flatMap((setup) => [setupWords(setup), ...(setup.records ?? []).map((record) => `  ${record}`)]),
    ...notes.map((note) => ({ text: plain(note), as: paint.dim })),
    ...(card.failureTail ? card.failureTail.split("\n").map((text) => ({ text: `  ${text}`, as: paint.red })) : []),
  ];
}

const deployHead = ({ app, environment, state, trouble }: DeployCard): string =>
  `${app} (${environment}): ${trouble === undefined ? state.replace("_", " ") : "reported live"}`;
const deployAddress = ({ urls }: DeployCard): string | undefined => urls.live ?? urls.preview ?? urls.logs;

const setupWords = ({ kind, name, state, url }: AppSetup): string =>
  [`${kind} ${name}: ${SETUP_WORDS[state]}`, url].filter(Boolean).join(": ");

const deployGlyph = ({ state, trouble }: DeployCard): string => (trouble === undefined ? DEPLOY_GLYPHS[state] : "!");

function deployPaint({ state, trouble }: DeployCard, paint: Paint): (text: string) => string {
  if (trouble !== undefined) return paint.yellow;
  if (state === "live") return paint.green;
  return state === "failed" ? paint.red : isDeployOver(state) ? paint.dim : paint.yellow;
}

export const isDeployOver = (state: DeployState): boolean => !["queued", "building", "deploying"].includes(state);

function canvasLines(card: CanvasCard, { paint, now }: Canvas): Line[] {
  return [
    { text: card.title, as: paint.bold },
    ...(card.url ? [link(card.url, paint)] : []),
    ...(card.expiresAt === undefined ? [] : [{ text: `expires ${inWords(card.expiresAt - now)}`, as: paint.dim }]),
    ...(card.note ? [plain(card.note)] : []),
    ...(card.code && card.state === "open" ? [`A link of your own, to send something back: !canvas ${card.code}`] : []),
  ];
}

const expiry = (expiresAt: number | undefined, now: number): string =>
  expiresAt === undefined ? "" : ` (expires ${inWords(expiresAt - now)})`;

/** `ms` from now. */
function inWords(ms: number): string {
  if (ms <= 0) return "now";
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return `in ${minutes} min`;
  return minutes < 48 * 60 ? `in ${Math.round(minutes / 60)} h` : `in ${Math.round(minutes / 1440)} days`;
}

// progress and notice

const STEP_GLYPHS: Readonly<Record<ProgressStep["state"], string>> = { pending: "·", running: "◌", done: "✔", failed: "✖" };

/** Folded: one line of counts, then only what is running or went wrong, and the team. */
function progressLines(card: ProgressCard, { width, paint }: Canvas): string[] {
  const count = (name: string, steps: readonly ProgressStep[]): string[] =>
    steps.length === 0 ? [] : [`${name} ${steps.filter(({ state }) => state === "done").length}/${steps.length}`];
  const head = [
    `${card.asker} ${card.state}`,
    ...count("plan", card.plan),
    ...count("tools", card.tools),
    ...count("team", card.team),
  ].join(" · ");
  const open = [...card.plan, ...card.tools].filter(({ state }) => state === "running" || state === "failed");
  const team = card.team.map((step) => ({ ...step, title: step.summary ? `${step.title}: ${step.summary}` : step.title }));
  const steps = [...open, ...team].map((step) => clip(oneLine(`  ${STEP_GLYPHS[step.state]} ${step.title}`), width));
  return [clip(oneLine(head), width), ...steps].map((line) => paint.dim(line));
}

function noticeLines(level: "info" | "warning" | "error", text: string, { width, paint }: Canvas): string[] {
  const lines = renderMarkdown(neutralise(text), { width: measureOf(width) - 2, paint: PLAIN.paint });
  return hang("!", lines).map(noticePaint(level, paint));
}

function noticePaint(level: "info" | "warning" | "error", paint: Paint): (text: string) => string {
  return { info: paint.blue, warning: paint.yellow, error: paint.red }[level];
}

// drawing

const oneLine = (text: string): string => neutralise(text).replaceAll("\n", " ");

function box(title: string, lines: readonly Line[], { width, paint }: Canvas): string[] {
  const inner = Math.max(measureOf(width) - 4, 8);
  const name = clip(oneLine(title), inner - 2);
  const below: string[] = [];
  const body = lines.flatMap((line) => {
    const { text, as, isLink } = typeof line === "string" ? { text: line, as: (plain: string) => plain, isLink: undefined } : line;
    const safe = neutralise(text);
    if (isLink && cellsOf(safe) > inner) {
      below.push(as(oneLine(safe)));
      return [];
    }
    return wrap(safe, inner, { areCut: true }).map((part) => `${paint.dim("│")} ${as(pad(part, inner))} ${paint.dim("│")}`);
  });
  const top = `╭─ ${name} ${"─".repeat(Math.max(inner - cellsOf(name) - 1, 0))}╮`;
  return [paint.dim(top), ...body, paint.dim(`╰${"─".repeat(inner + 2)}╯`), ...below];
}
