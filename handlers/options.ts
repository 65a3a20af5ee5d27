/**
 * What people choose of an agent in a conversation, its model or a mode of its own: `!options` and `!set`. A choice is kept with the
 * conversation and passed on with its next message, so that it outlives the agent and the hub.
 */
import type { View } from "../src/contract/handler.ts";
import type { AgentOption } from "../src/contract/orchestrator.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

type Session = Row<"sessions">;
type Named = { readonly label: string };

/** Of one option; the rest can still be set by its name. */
const MOST_VALUES = 20;

export async function listOptions(session: Session | undefined, view: View): Promise<Reply> {
  const fresh = session && (await view.store.get("sessions", session.id));
  const options = fresh && view.live.options(fresh);
  if (!fresh || !options) return { text: unknown(session, view) };
  const alias = view.settings.aliasOf(fresh.orchestrator);
  if (options.length === 0) return { text: `${alias} offers nothing to choose.` };
  const lines = options.map(lineOf);
  return { text: `${lines.join("\n")}\n\n\`!set NAME VALUE\` chooses, for this conversation.` };
}

export async function setOption(session: Session | undefined, view: View, argument: string): Promise<Reply> {
  const fresh = session && (await view.store.get("sessions", session.id));
  const options = fresh && view.live.options(fresh);
  if (!fresh || !options) return { text: unknown(session, view) };
  const [, name = "", wanted = ""] = /^(\S+)\s*([\s\S]*)$/.exec(argument) ?? [];
  const option = found(options, name, ({ name: own }) => own);
  if (!option) return { text: name === "" ? "Say what: `!set NAME VALUE`; `!options` lists what there is." : noSuch(name) };
  const chosen = found(option.values, wanted, ({ value }) => value);
  if (!chosen) return { text: `${lineOf(option)}\n\n\`!set ${option.name} VALUE\` chooses one.` };
  const wishes = { ...fresh.wishes, [option.name]: chosen.value };
  return { text: `${option.label}: ${chosen.label}, from your next message on.`, writes: [update("sessions", fresh, { wishes })] };
}

/** For somebody who typed the name of an option as if it were a command. */
export function isOption(name: string, session: Session | undefined, view: View): boolean {
  return session !== undefined && (view.live.options(session) ?? []).some((option) => option.name.toLowerCase() === name);
}

/** By its exact name or label, else by the only one that begins so; without case. */
function found<T extends Named>(all: readonly T[], typed: string, nameOf: (one: T) => string): T | undefined {
  const fold = (text: string): string => text.trim().toLowerCase();
  const wanted = fold(typed);
  if (wanted === "") return undefined;
  const names = (one: T): string[] => [fold(nameOf(one)), fold(one.label)];
  const exact = all.find((one) => names(one).includes(wanted));
  const similar = all.filter((one) => names(one).some((name) => name.startsWith(wanted)));
  return exact ?? (similar.length === 1 ? similar[0] : undefined);
}

function lineOf({ name, label, value, values }: AgentOption): string {
  const shown = values.slice(0, MOST_VALUES).map((one) => `\`${one.value}\`${one.label === one.value ? "" : ` ${one.label}`}`);
  const more = values.length > MOST_VALUES ? [`${values.length - MOST_VALUES} more`] : [];
  return `- \`${name}\`${label === name ? "" : ` ${label}`}: now \`${value}\`; there are ${[...shown, ...more].join(", ")}`;
}

function noSuch(name: string): string {
  return `There is no option \`${name}\` here; \`!options\` lists what there is.`;
}

function unknown(session: Session | undefined, view: View): string {
  const alias = view.settings.aliasOf(session?.orchestrator ?? "");
  return `${alias} says what can be chosen once it has been spoken to here. Write something first.`;
}
