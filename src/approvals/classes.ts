/**
 * Which class an action has when its asker names none. Pure; the table is data.
 * Invariant: what the table does not know is `red`. A rule with a glob only ever raises a class: a glob can be evaded, and one that
 * lowered a class would be a door (`git status; rm -rf /` begins like `git status`).
 */
import { ACTION_CLASSES, type ActionClass } from "../contract/message.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { ClassRule } from "../contract/policy.ts";
import { globMatches } from "../glob.ts";

/** Cannot be taken back, or takes more than was asked for. */
const RUINOUS = [
  "*rm -rf*",
  "*rm -fr*",
  "*rm -r -f*",
  "*mkfs*",
  "*dd if=*",
  "*dd of=*",
  "*git push*--force*",
  "*git push* -f*",
  "*drop table*",
  "*drop database*",
];
const RUINOUS_FAR = ["*terraform destroy*", "*kubectl delete*", "*--no-preserve-root*", "*curl*|*sh", "*wget*|*sh"];
/** Where keys and the hub's own files lie. */
const SECRET_PLACES = [
  "*.env",
  "*/.env.*",
  "*/.ssh/*",
  "*.pem",
  "*id_rsa*",
  "*id_ed25519*",
  "*/.aws/*",
  "*/.gnupg/*",
  "*/.netrc",
  "*/.git/hooks/*",
];

/** The kinds are those of the Agent Client Protocol. The first rule that holds decides. */
export const CLASS_RULES: readonly ClassRule[] = [
  { tool: "execute", touching: [...RUINOUS, ...RUINOUS_FAR], class: "critical_red" },
  { tool: "execute", class: "red" },
  { tool: "delete", class: "red" },
  // A mode is what decides whether the agent asks at all.
  { tool: "switch_mode", class: "red" },
  { tool: "edit", touching: SECRET_PLACES, class: "red" },
  { tool: "move", touching: SECRET_PLACES, class: "red" },
  { tool: "read", touching: SECRET_PLACES, class: "red" },
  { tool: "edit", class: "yellow" },
  { tool: "move", class: "yellow" },
  { tool: "fetch", class: "yellow_external" },
  // Asked at every tier until it is unlocked: it costs money and nothing else.
  { tool: "spend_faster", class: "yellow_external" },
  { tool: "read", class: "green" },
  { tool: "search", class: "green" },
  { tool: "think", class: "green" },
];

export interface Judging {
  /** Further rules; each can only raise what the table says. */
  readonly rules?: readonly ClassRule[];
  /** The asker's word stands, whatever the table says. Default: it can only raise it. */
  readonly isTrusted?: boolean;
}

export interface Judged {
  /** The highest that the table, the further rules and the asker give it. */
  readonly class: ActionClass;
  /** One of them says that it leaves for the outside world, whatever else it does. */
  readonly isExternal: boolean;
}

/** What the table does not know is `red`. */
export function classify(tool: string | undefined, ask: Pick<ApprovalAsk, "action" | "class" | "tool">, judging: Judging = {}): Judged {
  if (ask.class && judging.isTrusted) return judgedAs([ask.class]);
  const name = tool ?? ask.tool;
  const texts = textsIn(ask.action).map((text) => text.replace(/\s+/g, " "));
  const find = (rules: readonly ClassRule[]): ActionClass | undefined =>
    name === undefined ? undefined : rules.find((rule) => holds(rule, name, texts))?.class;
  const further = (judging.rules ?? []).flatMap((rule) => find([rule]) ?? []);
  return judgedAs([find(CLASS_RULES) ?? "red", ...further, ...(ask.class ? [ask.class] : [])]);
}

function judgedAs(classes: readonly ActionClass[]): Judged {
  return { class: ACTION_CLASSES.findLast((one) => classes.includes(one)) ?? "red", isExternal: classes.includes("yellow_external") };
}

function holds(rule: ClassRule, tool: string, texts: readonly string[]): boolean {
  if (!globMatches(rule.tool, tool)) return false;
  return rule.touching === undefined || rule.touching.some((glob) => texts.some((text) => globMatches(glob, text)));
}

/** Every text in the action; a list of texts also joined by spaces, as the arguments of a command are. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(textsIn);
  const words = Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
  return words.length > 1 ? [...inner, words.join(" ")] : inner;
}
