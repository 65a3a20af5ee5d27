/**
 * Shapes of tokens that anybody can recognise, so that a secret nobody registered is masked too. Data: the one file of the core that
 * knows tokens of platforms, since a token may turn up in any text of any agent. Sources: the issuers' documentation, November 2026.
 * Invariant: every expression is linear in the text (bounded repeats, or a look-behind that allows one start for each run of letters).
 */

interface TokenPattern {
  readonly name: string;
  /** Without capturing groups. */
  readonly source: string;
}

const NOT_AFTER_WORD = "(?<![A-Za-z0-9_-])";

const TOKEN_PATTERNS: readonly TokenPattern[] = [
  // Unterminated too: a tail that was cut off must not show the rest of the key.
  {
    name: "private_key",
    source: "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\\s\\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)",
  },
  { name: "jwt", source: `${NOT_AFTER_WORD}eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}` },
  // The id of the bot in base64 (its digits make the first letter M, N or O), a time, an HMAC.
  { name: "discord_token", source: `${NOT_AFTER_WORD}[MNO][A-Za-z0-9_-]{22,27}\\.[A-Za-z0-9_-]{6,7}\\.[A-Za-z0-9_-]{27,45}` },
  { name: "slack_token", source: `${NOT_AFTER_WORD}(?:xox[abceoprs]|xapp)-[A-Za-z0-9.-]{10,}` },
  { name: "telegram_token", source: "(?<!\\d)\\d{6,12}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])" },
  { name: "matrix_token", source: `${NOT_AFTER_WORD}(?:syt_[A-Za-z0-9_=+/-]{16,}|m[ac][trs]_[A-Za-z0-9]{20,}_[A-Za-z0-9]{6})` },
  { name: "github_token", source: `${NOT_AFTER_WORD}(?:gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})` },
  { name: "aws_key", source: `${NOT_AFTER_WORD}A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])` },
  { name: "anthropic_key", source: `${NOT_AFTER_WORD}sk-ant-[A-Za-z0-9_-]{16,}` },
  // A digit is asked for, since `sk-` also begins ordinary hyphenated names.
  { name: "openai_key", source: `${NOT_AFTER_WORD}sk-(?=[A-Za-z_-]*\\d)[A-Za-z0-9_-]{20,}` },
];

/** What stands before a secret of any shape; only what follows is masked. */
const PLACED_PATTERNS: readonly TokenPattern[] = [
  {
    name: "url_password",
    source: "(?<=\\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\\s/?#@:]{0,200}:)(?!SECRET_REF\\(|\\[redacted:)[^\\s/?#@]{1,500}(?=@)",
  },
  { name: "bearer_token", source: "(?<=\\b(?:[Bb]earer|BEARER)\\s{1,4})(?!SECRET_REF\\()[A-Za-z0-9._~+/-]{12,}={0,2}" },
];

const ALL = [...TOKEN_PATTERNS, ...PLACED_PATTERNS];
const expression = compile(ALL, "g");
const firstToken = compile(ALL, "");

/** Every well-known token as `[redacted:kind]`. Text without one comes back unchanged. */
export function redactPatterns(text: string): string {
  return text.replace(expression, (...match) => `[redacted:${nameOfMatch(match.at(-1) as Record<string, string | undefined>)}]`);
}

/** The kind of the first well-known token in the text, e.g. `github_token`; undefined when there is none. */
export function findToken(text: string): string | undefined {
  const groups = firstToken.exec(text)?.groups;
  return groups && nameOfMatch(groups);
}

function nameOfMatch(groups: Readonly<Record<string, string | undefined>>): string {
  return ALL.find(({ name }) => groups[name] !== undefined)?.name ?? "token";
}

function compile(patterns: readonly TokenPattern[], flags: string): RegExp {
  return new RegExp(patterns.map(({ name, source }) => `(?<${name}>${source})`).join("|"), flags);
}
