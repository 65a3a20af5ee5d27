/** `mos-hub sessions`: the conversations there are, where they live and what goes on in them. */
import { parse } from "../api/problem.ts";
import { sessionQuery } from "../api/session-shapes.ts";
import { minuteOf } from "../cards/words.ts";
import { goingOn, type Overview, overviewWords } from "../conversations/overview.ts";
import { placeWords } from "../conversations/places.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { AddCommand } from "./command.ts";

export const addSessions: AddCommand = (program, act) => {
  const sessions = program.command("sessions").description("the conversations there are");
  sessions
    .command("list", { isDefault: true })
    .description("the latest active first")
    .option("--all", "those that have ended, too")
    .option("--limit <n>", "at most so many", "50")
    .action(
      act(async (context, { all, limit }: { readonly all?: true; readonly limit: string }) => {
        const query = parse({ limit, ...(all && { all: "true" }) }, sessionQuery);
        const found = await (await context.client()).sessions.list(query);
        context.print({ type: "sessions", ...found }, () => found.sessions.map(line).join("\n") || "No conversations yet.");
        return 0;
      }),
    );
  sessions
    .command("show <name>")
    .description("one of them, open or closed, by its name: chat-1a2b3c4d")
    .action(
      act(async (context, name: string) => {
        const found = await (await context.client()).sessions.get(name);
        context.print({ type: "session", ...found }, () => lines(found).map(neutralise).join("\n"));
        return 0;
      }),
    );
};

function line(overview: Overview): string {
  return neutralise(`${overview.name}  ${minuteOf(overview.lastActiveAt)}  ${overviewWords(overview)}`).replaceAll("\n", " ");
}

function lines(overview: Overview): string[] {
  const { name, title, orchestrator, status, places, begunAt, lastActiveAt } = overview;
  return [
    `${name}  ${title || "(untitled)"}`,
    `with         ${orchestrator}`,
    ...places.map((place, at) => `${at === 0 ? "at" : "  "}           ${placeWords(place)}`),
    `state        ${[...(status === "open" ? ["open"] : []), ...goingOn(overview)].join(", ")}`,
    `begun        ${minuteOf(begunAt)}`,
    `last active  ${minuteOf(lastActiveAt)}`,
  ];
}
