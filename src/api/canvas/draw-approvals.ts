/**
 * Approvals below a canvas, each as a card of the hub's own, outside of whatever the agent drew. Pure. Buttons only for whom the hub knows by its own
 * sign-in and who may decide; everybody else reads what to type, or why not.
 */
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { plain } from "../../contract/markdown-html.ts";
import type { ApprovalCard } from "../../contract/message.ts";

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
const NOTHING = html``;

export interface Below {
  readonly card: ApprovalCard;
  /** Whoever is signed in; absent: whoever has the link. */
  readonly person?: { readonly name: string } | undefined;
  /** Why that person may not decide. */
  readonly whyNot?: string | undefined;
}

/** "" for none. */
export async function drawApprovals(below: readonly Below[]): Promise<string> {
  return (await Promise.all(below.map(async (one) => (await drawApproval(one)).toString()))).join("");
}

const STATE_WORDS: Readonly<Record<ApprovalCard["state"], string>> = {
  pending: "waits",
  approved: "approved",
  consumed: "approved and used",
  denied: "denied",
  expired: "expired",
  cancelled: "cancelled",
};

async function drawApproval(below: Below): Promise<Html> {
  const { card } = below;
  const { id, code, state, reason } = card;
  const target = [card.app, card.environment].filter((part) => part !== undefined).join(", ");
  return html`<article class="card ${state} class-${card.class}" id="${id}" aria-label="Approval ${code}">
    <header>
      <span class="kind">Approval <code>${code}</code></span>
      <span class="class">${card.class.replaceAll("_", " ")}</span>
      <span class="state">${STATE_WORDS[state]}</span>
    </header>
    <h3>${plain(card.title)}</h3>
    ${reason ? html`<p class="why">${plain(reason)}</p>` : NOTHING}
    ${target === "" ? NOTHING : html`<p class="facts">On ${plain(target)}.</p>`}
    <pre tabindex="0" role="group" aria-label="The exact action"><code>${plain(card.action)}</code></pre>
    ${state === "pending" ? drawPending(below) : html`<p class="facts">${ending(card)}</p>`}
    <p class="told" role="status"></p>
  </article>`;
}

function ending({ asker, state, decidedBy, decidedAt, decisionReason }: ApprovalCard): Html {
  const by = decidedBy ? html` by <strong>${plain(decidedBy)}</strong>` : NOTHING;
  const at = decidedAt === undefined ? NOTHING : html`, ${time(decidedAt)}`;
  return html`${plain(asker)} asked; ${STATE_WORDS[state]}${by}${at}${decisionReason ? `: ${plain(decisionReason)}` : ""}.`;
}

function drawPending({ card, person, whyNot }: Below): Html {
  const { votes } = card;
  const against = votes && votes.denying.length > 0 ? `, against it: ${votes.denying.join(", ")}` : "";
  const soFar = votes && `${votes.approving.length} of ${votes.needed}: ${(votes.approving.join(", ") || "nobody yet") + against}.`;
  const similar = card.similarPending ? html`<p class="caution">A similar but different request is pending too.</p>` : NOTHING;
  return html`<p class="facts">${plain(card.asker)} asks; expires ${time(card.expiresAt)}. ${soFar === undefined ? "" : plain(soFar)}</p>
    ${similar} ${person === undefined ? toType(card) : whyNot === undefined ? decideForm(card, person.name) : refused(whyNot, person.name)}`;
}

/** A link says where something is, and never who opens it. */
function toType({ code }: ApprovalCard): Html {
  return html`<p class="next">
    To decide, write <code>approve ${code}</code> or <code>deny ${code} reason</code> in the conversation, or sign this browser in on the
    hub.
  </p>`;
}

function refused(whyNot: string, name: string): Html {
  return html`<p class="next">You are <strong>${plain(name)}</strong> and cannot decide this: ${plain(whyNot)}.</p>`;
}

/** Enter in a field presses the first button of its form; the first one here cannot be pressed, so that nobody decides by it. */
function decideForm({ id, code, stepUp }: ApprovalCard, name: string): Html {
  const typed = html`<label
    >Type ${code} to approve
    <input name="code" maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" />
  </label>`;
  return html`<form data-approval="${id}">
    <button disabled hidden></button>
    ${stepUp ? typed : NOTHING}
    <label>Reason <span class="optional">(optional)</span> <input name="reason" maxlength="500" autocomplete="off" /></label>
    <p class="buttons">
      <button name="verdict" value="approve">Approve</button>
      <button name="verdict" value="deny" class="no">Deny</button>
    </p>
    <p class="facts">You decide as <strong>${plain(name)}</strong>.</p>
  </form>`;
}

function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}
