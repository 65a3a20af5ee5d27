/** Cards on which people decide: approvals and questions, with the forms that work without script. Pure. */
import { html } from "hono/html";
import type { Deciders } from "../../../src/contract/connector.ts";
import type { ApprovalCard, FormField, QuestionCard } from "../../../src/contract/message.ts";
import { plain } from "../../../src/contract/markdown-html.ts";
import { codeBlock, type Html, linkTo, NOTHING, timeOf } from "./markup.ts";

/** Where a card stands: what its form sends, and where the page goes back to. */
export interface Standing {
  readonly home: string;
  readonly threadId: string;
  readonly messageId: string;
  readonly mayTalk: boolean;
  /** Absent where everybody who looks may decide. */
  readonly deciders?: Deciders | undefined;
}

const APPROVAL_WORDS: Readonly<Record<ApprovalCard["state"], string>> = {
  pending: "waits for you",
  approved: "approved",
  consumed: "approved and used",
  denied: "denied",
  expired: "expired",
  cancelled: "cancelled",
};

export function approvalCard(card: ApprovalCard, standing: Standing): Html {
  const { state, code } = card;
  const { deciders } = standing;
  const stateWords = state === "pending" && deciders?.whyNot !== undefined ? "waits for others" : APPROVAL_WORDS[state];
  const className = card.class.replaceAll("_", " ");
  return html`<article class="card approval ${state} class-${card.class}" aria-label="Approval ${code}">
    <header><span class="kind">Approval</span><span class="class">${className}</span><span class="state">${stateWords}</span></header>
    <h3>${plain(card.title)}</h3>
    ${card.reason ? html`<p>${plain(card.reason)}</p>` : NOTHING} ${targetOf(card)} ${codeBlock(card.action, "The exact action")}
    ${card.similarPending && state === "pending" ? html`<p class="caution">A similar but different request is pending too.</p>` : NOTHING}
    ${state === "pending" ? pendingPart(card, standing) : html`<p class="facts">${approvalEnd(card)} <code>${code}</code></p>`}
  </article>`;
}

function approvalEnd({ state, asker, decidedBy, decidedAt, decisionReason }: ApprovalCard): Html {
  const word = APPROVAL_WORDS[state];
  const by = decidedBy ? html` by <strong>${plain(decidedBy)}</strong>` : NOTHING;
  const at = decidedAt === undefined ? NOTHING : html`, ${timeOf(decidedAt)}`;
  const why = decisionReason ? html`: ${plain(decisionReason)}` : NOTHING;
  return html`${plain(asker)} asked; ${word}${by}${at}${why}.`;
}

function pendingPart(card: ApprovalCard, standing: Standing): Html {
  const { whyNot, names = [] } = standing.deciders ?? {};
  return html`<p class="facts">${plain(card.asker)} asks; expires ${timeOf(card.expiresAt)}.</p>
    ${votesSoFar(card)}
    ${whyNot === undefined ? approvalForm(card, standing) : html`<p class="others">${plain(othersDecide(whyNot, names))}</p>`}`;
}

/** In place of buttons that the hub would refuse. */
function othersDecide(whyNot: string, names: readonly string[]): string {
  const who = names.length === 0 ? "Nobody who may is known to this hub just now." : `Who may: ${names.join(", ")}.`;
  return `You cannot decide this: ${whyNot}. ${who}`;
}

function approvalForm(card: ApprovalCard, standing: Standing): Html {
  const field = `reason-${standing.messageId}`;
  return html`<form method="post" action="${standing.home}/act" class="decide" data-act>
    ${hidden(`approval:${card.id}`, standing)} ${card.stepUp ? codeField(card, `code-${standing.messageId}`) : NOTHING}
    <p class="reason">
      <label for="${field}">Reason <span class="optional">(optional)</span></label>
      <input id="${field}" name="value.reason" maxlength="500" autocomplete="off" />
    </p>
    <p class="buttons">
      <button name="choice" value="approve" class="yes">Approve</button>
      <button name="choice" value="deny" class="no">Deny</button>
      <span class="hint">or type <code>approve ${card.code}</code> or <code>deny ${card.code} reason</code></span>
    </p>
    <p class="told" role="status"></p>
  </form>`;
}

function targetOf({ app, environment }: ApprovalCard): Html {
  const target = [app, environment].filter((part) => part !== undefined).join(", ");
  return target === "" ? NOTHING : html`<p class="facts">On ${plain(target)}.</p>`;
}

function votesSoFar({ votes }: ApprovalCard): Html {
  if (!votes) return NOTHING;
  const against = votes.denying.length > 0 ? `, against it: ${votes.denying.join(", ")}` : "";
  const names = votes.approving.join(", ") || "nobody yet";
  return html`<p class="facts">${votes.approving.length} of ${votes.needed}: ${plain(names + against)}.</p>`;
}

/** What cannot be taken back is not approved by a press in passing. */
function codeField({ code }: ApprovalCard, id: string): Html {
  return html`<p class="reason">
    <label for="${id}">Type <code>${code}</code> to approve</label>
    <input id="${id}" name="value.code" maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" />
  </p>`;
}

/** Enter in a field presses the first button of its form; this one cannot be pressed, so that nobody decides by it. */
const NO_ENTER = html`<button disabled hidden></button>`;

export function hidden(subject: string, { threadId, messageId }: Standing): Html {
  return html`${NO_ENTER}<input type="hidden" name="subject" value="${subject}" /><input
      type="hidden"
      name="thread"
      value="${threadId}"
    /><input type="hidden" name="at" value="${messageId}" />`;
}

export function questionCard(card: QuestionCard, standing: Standing): Html {
  const { state, code, asker } = card;
  const word = state === "pending" ? "waits for an answer" : state;
  return html`<article class="card question ${state}" aria-label="Question ${code}">
    <header><span class="kind">Question from ${plain(asker)}</span><span class="state">${word}</span></header>
    ${card.form.title && card.form.title !== card.text ? html`<h3>${plain(card.form.title)}</h3>` : NOTHING}
    <p class="asked">${plain(card.text)}</p>
    ${card.url ? html`<p>${linkTo(card.url)}</p>` : NOTHING}
    ${state === "pending" ? pendingQuestion(card, standing) : html`<p class="facts">${questionEnd(card)} <code>${code}</code></p>`}
  </article>`;
}

function questionEnd({ state, answer, answeredBy }: QuestionCard): Html {
  if (answer === undefined) return html`No longer asked (${state}).`;
  return html`Answered${answeredBy ? html` by <strong>${plain(answeredBy)}</strong>` : NOTHING}: ${plain(answer)}`;
}

function pendingQuestion(card: QuestionCard, standing: Standing): Html {
  return standing.mayTalk ? questionForm(card, standing) : html`<p class="others">Answering needs the role operator.</p>`;
}

function questionForm(card: QuestionCard, standing: Standing): Html {
  return html`<form method="post" action="${standing.home}/act" class="answer" data-act>
    ${hidden(`question:${card.id}`, standing)} ${card.form.fields.map((field, at) => fieldHtml(field, `field-${standing.messageId}-${at}`))}
    <p class="buttons">
      <button name="choice" value="answer" class="yes">Answer</button>
      <span class="hint">or type <code>answer ${card.code} …</code></span>
    </p>
    <p class="told" role="status"></p>
  </form>`;
}

/** More than so many choices are a list to open rather than buttons to see. */
const MAX_RADIOS = 6;

function fieldHtml(field: FormField, id: string): Html {
  const label = html`${plain(field.label)} ${field.required ? NOTHING : html`<span class="optional">(optional)</span>`}`;
  const name = `value.${field.name}`;
  const required = field.required ? "required" : "";
  const options = field.kind === "boolean" ? YES_OR_NO : (field.options ?? []);
  if (field.kind === "boolean" || (field.kind === "choice" && options.length <= MAX_RADIOS))
    return html`<fieldset>
      <legend>${label}</legend>
      ${options.map((option) => radio(option, { name, required }))}
    </fieldset>`;
  return html`<p>
    <label for="${id}">${label}</label>
    ${field.kind === "choice" ? select(options, { id, name, required }) : input(field.kind, { id, name, required })}
  </p>`;
}

type Option = NonNullable<FormField["options"]>[number];
const YES_OR_NO: readonly Option[] = [
  { value: "yes", label: "Yes" },
  { value: "no", label: "No" },
];

function radio({ value, label }: Option, { name, required }: { name: string; required: string }): Html {
  return html`<label class="choice"><input type="radio" name="${name}" value="${value}" ${required} /> ${plain(label)}</label>`;
}

interface FieldMarks {
  readonly id: string;
  readonly name: string;
  readonly required: string;
}

function select(options: readonly Option[], { id, name, required }: FieldMarks): Html {
  return html`<select id="${id}" name="${name}" ${required}>
    <option value="">Choose …</option>
    ${options.map(({ value, label }) => html`<option value="${value}">${plain(label)}</option>`)}
  </select>`;
}

function input(kind: FormField["kind"], { id, name, required }: FieldMarks): Html {
  if (kind === "number") return html`<input id="${id}" name="${name}" type="number" step="any" ${required} />`;
  return html`<textarea id="${id}" name="${name}" rows="1" maxlength="10000" ${required}></textarea>`;
}
