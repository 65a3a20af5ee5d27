/**
 * What of an orchestrator's event is words, and what is a typed field: before the journal sees it, so that nothing the hub keeps or says
 * later holds a secret. Words lose every secret; typed fields (ids, revisions, digests, DNS records, the fragment of a link) lose registered ones.
 * The exact action of an approval stays: its digest is taken of it, and its handler keeps it masked.
 */
import type { CanvasContent, CanvasShare } from "../contract/canvas.ts";
import type { HandlerEvent, ProgressReports } from "../contract/handler.ts";
import type { Ack, AppSetup, FormField } from "../contract/message.ts";
import type { ApprovalAsk, DeployNews, QuestionAsk, StepReport } from "../contract/orchestrator.ts";
import { redactJson } from "./deep.ts";
import { isSecretBeside, lastWord } from "./key-like.ts";
import type { Redact } from "./secrets.ts";

/** The same event without secrets. */
export function redactEvent(event: HandlerEvent, redact: Redact): HandlerEvent {
  switch (event.type) {
    case "text":
    case "notice":
      return { ...event, text: redact(event.text) };
    case "file":
      return { ...event, attachment: { ...event.attachment, name: redact(event.attachment.name) } };
    case "progress":
      return redactProgress(event, redact);
    case "approval_request": {
      const { title, reason, tool } = event.ask;
      return {
        ...event,
        ask: { ...event.ask, title: redact(title), reason: reason && redact(reason), tool: tool && redactTyped(tool, redact) },
      };
    }
    case "question":
      return { ...event, ask: redactQuestion(event.ask, redact) };
    case "canvas":
      return { ...event, share: redactShare(event.share, redact) };
    case "deploy":
      return { ...event, report: redactReport(event.report, redact) };
    case "lifecycle":
      return { ...event, detail: event.detail && redact(event.detail) };
    case "turn_end":
      return { ...event, reason: event.reason && redact(event.reason) };
    case "budget":
      return { ...event, window: redact(event.window) };
    case "usage":
    case "ask_withdrawn":
      return event;
    default:
      return event satisfies never;
  }
}

function redactShare(share: CanvasShare, redact: Redact): CanvasShare {
  const { title, url, content } = share;
  return { ...share, title: redact(title), url: url && redactLink(url, redact), content: content && redactContent(content, redact) };
}

function redactContent({ html, markdown, table, form, approvals }: CanvasContent, redact: Redact): CanvasContent {
  return {
    approvals,
    html: html && redact(html),
    markdown: markdown && redact(markdown),
    table: table && {
      columns: table.columns.map((name) => redact(name)),
      rows: table.rows.map((row) => row.map((cell) => (typeof cell === "string" ? redact(cell) : cell))),
    },
    form: form && { buttons: form.buttons.map((label) => redact(label)), fields: form.fields.map((field) => redactField(field, redact)) },
  };
}

export function redactReport(report: DeployNews, redact: Redact): DeployNews {
  const { revision, urls, domain, setup, failure_tail: tail } = report;
  const words = (text: string | undefined): string | undefined => text && redact(text);
  const link = (url: string | undefined): string | undefined => url && redactLink(url, redact);
  return {
    ...report,
    deploy_id: report.deploy_id && redactTyped(report.deploy_id, redact),
    app: redactTyped(report.app, redact),
    environment: report.environment && redactTyped(report.environment, redact),
    revision: revision && {
      sha: revision.sha && redactTyped(revision.sha, redact),
      ref: words(revision.ref),
      subject: words(revision.subject),
      author: words(revision.author),
      repository: link(revision.repository),
    },
    urls: { live: link(urls.live), preview: link(urls.preview), logs: link(urls.logs) },
    domain: domain && redactSetup(domain, redact),
    setup: setup && redactSetup(setup, redact),
    failure_tail: words(tail),
  };
}

/** Of a set-up, as it is reported and as it stands on a card. */
export function redactSetup<S extends Omit<AppSetup, "kind"> & { readonly kind?: string }>(setup: S, redact: Redact): S {
  const { kind, name, records, detail, url } = setup;
  return {
    ...setup,
    ...(kind && { kind: redactTyped(kind, redact) }),
    name: redactTyped(name, redact),
    ...(records && { records: records.map((record) => redactTyped(record, redact)) }),
    ...(detail && { detail: redact(detail) }),
    ...(url && { url: redactLink(url, redact) }),
  };
}

/** An exact action as it is kept: what stands under a key-like name goes too. */
export function redactAction(action: ApprovalAsk["action"], redact: Redact): ApprovalAsk["action"] {
  const masked = redactJson(action, redact);
  return maskKeyed(masked) as ApprovalAsk["action"];
}

function maskKeyed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskKeyed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]: [string, unknown]) => [
      key,
      typeof part === "string" && isSecretBeside(key, part) ? `[redacted:${lastWord(key)}]` : maskKeyed(part),
    ]),
  );
}

/** What a person is told inside an acknowledgement. */
export function redactAck(ack: Ack, redact: Redact): Ack {
  switch (ack.type) {
    case "refused":
      return { ...ack, privateText: redact(ack.privateText) };
    case "privateText":
      return { ...ack, text: redact(ack.text, canvasFragments(ack.text)) };
    case "openForm":
      return { ...ack, form: { title: redact(ack.form.title), fields: ack.form.fields.map((field) => redactField(field, redact)) } };
    case "accepted":
      return ack;
    default:
      return ack satisfies never;
  }
}

/** A link's fragment never leaves the browser and is what opens a canvas, so of it only registered secrets go; of the rest every secret. */
export function redactLink(url: string, redact: Redact): string {
  return redact(url, [fragmentOf(url)]);
}

/** What opens canvases the hub keeps, as it stands in words the hub says itself. */
export function canvasFragments(text: string): string[] {
  return [...text.matchAll(/\/canvas\/cnv_[\w-]{1,64}(#[\w-]{43})(?![\w-])/g)].map(([, fragment = ""]) => fragment);
}

export function fragmentOf(url: string): string {
  const at = url.indexOf("#");
  return at === -1 ? "" : url.slice(at);
}

/** Of a typed field only registered secrets. */
export function redactTyped(text: string, redact: Redact): string {
  return redact(text, [text]);
}

function redactProgress(event: ProgressReports, redact: Redact): ProgressReports {
  const step = <S extends StepReport>(report: S): S => ({
    ...report,
    id: redactTyped(report.id, redact),
    title: report.title && redact(report.title),
    summary: report.summary && redact(report.summary),
  });
  return { ...event, reports: event.reports.map(step), plan: event.plan?.map(step) };
}

function redactQuestion(ask: QuestionAsk, redact: Redact): QuestionAsk {
  return {
    ...ask,
    text: redact(ask.text),
    fields: ask.fields.map((field) => redactField(field, redact)),
    url: ask.url && redactLink(ask.url, redact),
  };
}

export function redactField(field: FormField, redact: Redact): FormField {
  return {
    ...field,
    label: redact(field.label),
    options: field.options?.map(({ value, label }) => ({ value: redactTyped(value, redact), label: redact(label) })),
  };
}
