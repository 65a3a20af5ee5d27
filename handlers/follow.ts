/** `!follow` and `!mute`, and what takes them back, `!unfollow` and `!unmute`: what a place hears of deploys, by app, environment and state. What was asked in a place it hears of whatever it muted. */
import type { FromPerson, View } from "../src/contract/handler.ts";
import { DEPLOY_STATES, type DeployState, type PersonEvent } from "../src/contract/message.ts";
import type { Write } from "../src/contract/store.ts";
import { type Follow, followsOf, followWork, takeBack } from "../src/deploys/follows.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

const LONGEST_NAME = 100;
/** More in one place nobody could tell apart, and every deploy is held against all of them. */
const MOST_ENTRIES = 50;

export async function follow(verb: Follow["verb"], from: Message, view: View, argument: string): Promise<Reply> {
  const { row, person } = from;
  const said = await followsOf(view.store, row.address);
  if (argument === "") return { text: said.length === 0 ? `Nothing is followed or muted here.\n\n${usage(verb)}` : listOf(said) };
  const interest = interestOf(argument);
  if (!interest) return { text: usage(verb) };
  if (said.length >= MOST_ENTRIES)
    return { text: `There are ${MOST_ENTRIES} entries here already; \`!mute *\` and \`!follow *\` say it in one.` };
  const people = verb === "follow" ? [person.id] : [];
  const asked: Follow = { verb, address: row.address, people, at: view.now, ...interest };
  const hears = verb === "follow" ? "This place hears" : "This place no longer hears";
  const also = verb === "follow" ? "A failure calls you by name." : "What is asked here it hears of all the same.";
  return { text: `${hears} of ${interestWords(asked)}. ${also}`, writes: await followWork(view.store, asked) };
}

export async function unfollow(verb: Follow["verb"], { row, person }: Message, view: View, argument: string): Promise<Reply> {
  const interest = interestOf(argument);
  if (argument === "" || !interest) return { text: usage(`un${verb}`) };
  const { writes, ended, left } = await takeBack(view.store, { verb, address: row.address, ...interest }, person.id);
  const others = left.length > 0 ? `Others still follow here:\n${listOf(left)}` : "";
  if (ended.length > 0) return { text: [`Taken back:\n${listOf(ended)}`, others].filter(Boolean).join("\n\n"), writes };
  const said = await followsOf(view.store, row.address);
  const holds = said.length > 0 ? `Said here is:\n${listOf(said)}` : "";
  return { text: [`You said nothing like that here.`, others || holds].filter(Boolean).join(" ") };
}

type Interest = Pick<Follow, "app" | "environment" | "states">;

/** `APP [ENVIRONMENT] [STATE …]`: a word that is a state is one wherever it stands. */
function interestOf(argument: string): Interest | undefined {
  const [app = "", ...rest] = argument.split(/\s+/);
  const states = rest.map((word) => word.toLowerCase().replaceAll("-", "_")).filter(isState);
  const others = rest.filter((word) => !isState(word.toLowerCase().replaceAll("-", "_")));
  const [environment = "*"] = others;
  if (others.length > 1 || app.length > LONGEST_NAME || environment.length > LONGEST_NAME) return undefined;
  return { app, environment, states: states.length > 0 ? states : undefined };
}

function isState(word: string): word is DeployState {
  return (DEPLOY_STATES as readonly string[]).includes(word);
}

function listOf(said: readonly Follow[]): string {
  return said.map((one) => `- ${one.verb === "follow" ? "follows" : "muted"}: ${interestWords(one)}`).join("\n");
}

function interestWords({ app, environment, states }: Interest): string {
  const apps = app === "*" ? "every app" : `\`${app}\``;
  const where = environment === "*" ? "" : ` in \`${environment}\``;
  return `${apps}${where}${states ? ` when it is ${states.join(", ").replaceAll("_", " ")}` : ""}`;
}

function usage(verb: string): string {
  return `Say \`!${verb} APP [ENVIRONMENT] [STATE …]\`, such as \`!${verb} shop production failed\`; \`*\` stands for any text.`;
}
