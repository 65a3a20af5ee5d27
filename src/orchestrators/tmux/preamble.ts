/**
 * Who speaks to whom, as a fleet's sessions write it in front of a message: `[host:session -> host:session]`. Pure.
 * Invariant: nothing a person writes can pass for a preamble, end the paste it travels in, or press a key.
 */
export interface Peer {
  readonly host: string;
  readonly session: string;
}

export function preamble(from: Peer, to: Peer): string {
  return `[${from.host}:${from.session} -> ${to.host}:${to.session}]`;
}

/** Escape sequences and keys; among them the end of a bracketed paste. Line feeds and tabs are text. */
// oxlint-disable-next-line no-control-regex
const KEYS = /\x1b\[20[01]~|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

const OPENING = String.raw`\[［【〔⟦❲`;
const CLOSING = String.raw`\]］】〕⟧❳`;
/** Brackets over several lines too: a terminal breaks a long preamble, and a reader joins it again. */
const BRACKETED = new RegExp(`[${OPENING}]([^${OPENING}${CLOSING}]{0,400})[${CLOSING}]`, "g");
const HIDDEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\s]/gu;
const ROUTE = /[:：﹕꞉∶].*(?:[-‐-―−=~]+[>›＞》]|[→-⇿➔-➾⟶⟹⟼]).*[:：﹕꞉∶]/u;

/** Text from chat as it may be typed into a pane: what looks like a preamble stands in parentheses. */
export function harmless(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll("\r", "\n")
    .replace(KEYS, "")
    .replace(BRACKETED, (whole, inner: string) => (ROUTE.test(inner.replace(HIDDEN, "")) ? `(${inner})` : whole));
}

/** Session and host names as they may stand in a preamble. */
export function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 100) || "unnamed";
}
