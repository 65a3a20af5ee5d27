/** What a line typed into the chat asks of the face itself. Pure. Everything that does not begin with "/" goes to the hub as it is. */
import { closest } from "fastest-levenshtein";
import { parseCode } from "../../contract/ids.ts";

export type TypedLine =
  | { readonly do: "say"; readonly text: string }
  | {
      readonly do: "decide";
      readonly verdict: "approve" | "deny";
      readonly code: string;
      readonly reason: string | undefined;
      readonly always?: true;
    }
  | { readonly do: "switch"; readonly name: string }
  | { readonly do: "new"; readonly title: string }
  | { readonly do: "help" | "threads" | "quit" | "nothing" }
  | { readonly do: "explain"; readonly problem: string };

export const SLASH_WORDS = ["help", "threads", "thread", "new", "approve", "deny", "quit"] as const;

export const HELP = [
  "/threads             the threads there are",
  "/thread NAME|ID      go to a thread",
  "/new [TITLE]         begin a thread",
  "/approve CODE        approve, with your PIN (CODE always: the same is not asked again for a while)",
  "/deny CODE [REASON]  deny, with your PIN",
  "/quit                leave (Ctrl-D)",
  "A line that ends with \\ goes on in the next one.",
  '!help                the hub\'s own commands; "//" sends a line that begins with a slash',
];

export function parseTypedLine(line: string): TypedLine {
  const text = line.trim();
  if (text === "") return { do: "nothing" };
  if (!text.startsWith("/")) return { do: "say", text: line };
  if (text.startsWith("//")) return { do: "say", text: text.slice(1) };
  const [, word = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  switch (word) {
    case "help":
    case "threads":
    case "quit":
      return { do: word };
    case "thread":
      return rest === "" ? { do: "threads" } : { do: "switch", name: rest };
    case "new":
      return { do: "new", title: rest };
    case "approve":
    case "deny":
      return decision(word, rest);
    default:
      return { do: "explain", problem: `There is no /${word}. Did you mean /${closest(word, SLASH_WORDS)}? See /help.` };
  }
}

function decision(verdict: "approve" | "deny", rest: string): TypedLine {
  const [typed = "", ...reason] = rest.split(/\s+/);
  const code = parseCode(typed);
  if (code === undefined)
    return { do: "explain", problem: `Which one? Type: /${verdict} CODE, with the code of the request, e.g. K7Q-M2X.` };
  const words = reason.join(" ");
  if (verdict === "approve" && words.toLowerCase() === "always") return { do: "decide", verdict, code, reason: undefined, always: true };
  return { do: "decide", verdict, code, reason: words || undefined };
}

/** Completions of a line for the Tab key: slash words, and codes of what waits. */
export function completions(line: string, codes: readonly string[]): string[] {
  const decide = /^\/(approve|deny) (\S*)$/.exec(line);
  if (decide) return codes.filter((code) => code.startsWith((decide[2] ?? "").toUpperCase())).map((code) => `/${decide[1]} ${code}`);
  return line.startsWith("/") ? SLASH_WORDS.map((word) => `/${word}`).filter((word) => word.startsWith(line)) : [];
}
