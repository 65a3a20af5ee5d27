/** docs/errors.md, made from the error table. Knows no error by name. */
import { format } from "prettier";
import type { Verdict } from "../../src/contract/message.ts";
import type { ERRORS } from "../../src/contract/errors.ts";

type Entry = Pick<(typeof ERRORS)[keyof typeof ERRORS], "verdict" | "exitCode"> & { readonly sentence: string; readonly remedy: string };

const VERDICTS: Readonly<Record<Verdict["do"], string>> = {
  retry_after: "the hub tries again after the time it was given",
  retry: "the hub tries again by itself",
  drop: "the hub does not try again",
  stop_account: "the hub stops the account until somebody has looked at it",
  reauth: "somebody has to sign in again",
};

/** sysexits(3), as far as the table uses them. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  64: "wrong usage",
  65: "the input is not acceptable",
  66: "what was named does not exist",
  69: "something that is needed is not available",
  70: "a fault inside",
  73: "a file or folder cannot be made",
  74: "reading or writing failed",
  75: "try again later",
  77: "not allowed",
  78: "the configuration is wrong",
};

const HEAD = `# Errors

Every error mos-hub can show a person. Written from the tables in \`src/contract/error-tables\` by \`npm run docs\`; do not edit it by hand.

\`{words in braces}\` are filled in. A command that ends with an error prints its sentence and remedy on standard error and ends with its exit
code; with \`--json\` it prints one object with \`type: "error"\`, the \`code\`, the message and the remedy.

The exit codes are those of sysexits:
`;

export async function renderErrorsDoc(errors: Readonly<Record<string, Entry>>): Promise<string> {
  const entries = Object.entries(errors);
  const exitCodes = [...new Set(entries.map(([, entry]) => entry.exitCode))].toSorted((a, b) => a - b);
  const parts = [
    HEAD,
    ...exitCodes.map(
      (code) =>
        `- **${code}** ${meaningOf(code)}: ${entries.flatMap(([name, entry]) => (entry.exitCode === code ? [linkTo(name)] : [])).join(", ")}`,
    ),
    ...entries.map(([name, entry]) => section(name, entry)),
  ];
  return format(parts.join("\n"), { parser: "markdown", printWidth: 140 });
}

function section(name: string, { sentence, remedy, verdict, exitCode }: Entry): string {
  return `\n## ${name}\n\n> ${quoted(sentence)}\n\n${quoted(remedy)}\n\n${VERDICTS[verdict].replace(/^./, (first) => first.toUpperCase())}. Exit code ${exitCode}.\n`;
}

/** The words as they are, on one line; characters that Markdown would take for its own are kept from it. */
function quoted(words: string): string {
  return words.replace(/\s+/g, " ").replace(/[<*]/g, "\\$&");
}

function linkTo(name: string): string {
  return `[${name}](#${name})`;
}

function meaningOf(code: number): string {
  const meaning = EXIT_CODES[code];
  if (meaning === undefined) throw new Error(`exit code ${code} has no meaning in ${import.meta.filename}`);
  return meaning;
}
