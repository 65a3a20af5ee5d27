/** The record of conversations as text: JSON Lines for programs, Markdown for people. Pure. What was said stands in quotes, so that it draws nothing of its own. */
import { sizeInWords } from "../blobs/size-words.ts";
import { placeWords } from "./places.ts";
import type { RecordEntry, SaidEntry } from "./entries.ts";

export const FORMATS = ["markdown", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

export function written(entry: RecordEntry, format: Format): string {
  if (format === "jsonl") return `${JSON.stringify(entry)}\n`;
  if (entry.type !== "conversation") return `${headOf(entry)}\n\n${quoted(bodyOf(entry))}\n\n`;
  const { conversation, title, orchestrator, status, begunAt } = entry;
  return `# ${plain(title || "(untitled)")}\n\n\`${conversation}\` with ${plain(orchestrator)}, begun ${secondOf(begunAt)}, ${status}.\n\n`;
}

function headOf(entry: SaidEntry): string {
  const marks = entry.type === "message" ? marksOf(entry) : [`asks (${entry.type} ${entry.code})`];
  return [`**${plain(entry.from.name)}**`, secondOf(entry.at), plain(placeWords(entry.place)), ...marks].join(" · ");
}

function marksOf({ card, editedAt, undelivered }: Extract<SaidEntry, { type: "message" }>): string[] {
  return [card ?? "", editedAt === undefined ? "" : `edited ${secondOf(editedAt)}`, undelivered ? "never delivered" : ""].filter(Boolean);
}

function bodyOf(entry: SaidEntry): string {
  if (entry.type !== "message") {
    const votes = entry.votes.map(({ name, verdict, reason, via, at }) => {
      const why = reason === null ? "" : `: ${plain(reason)}`;
      return `- ${verdict === "approve" ? "approved" : "denied"} by ${plain(name)}, ${secondOf(at)}, by ${plain(via)}${why}`;
    });
    const answered = entry.type === "question" && entry.decidedAt !== null ? [`- answered ${secondOf(entry.decidedAt)}`] : [];
    return paragraphs([entry.text, [...votes, ...answered].join("\n")]);
  }
  if (entry.deletedAt !== undefined) return `*deleted ${secondOf(entry.deletedAt)}*`;
  const files = (entry.attachments ?? []).map(
    ({ name, sizeBytes, path }) =>
      `- attached: ${plain(name)} (${sizeInWords(sizeBytes)}), ${path === null ? "no longer kept" : `\`${path}\``}`,
  );
  return paragraphs([entry.text, files.join("\n")]);
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter(Boolean).join("\n\n");
}

function quoted(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

/** Words of others on a line of ours: on one line, and nothing in them is drawn. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}

/** `2026-01-31 12:05:09 UTC`. */
function secondOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
