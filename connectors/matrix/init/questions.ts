/** What `init` asks about Matrix. */
import { z } from "zod";
import type { SetupQuestion, SetupSoFar } from "../../../src/contract/connector.ts";
import { matrixConfig, TOKEN_VARIABLE } from "../config.ts";
import { openApi, versionProblem } from "../setup.ts";

export const setup: readonly SetupQuestion[] = [
  ask("homeserver_url", "The address of your homeserver", async (url) => problemWith(url) ?? versionProblem(openApi(url))),
  ask("user_id", "The hub's own user there, e.g. @mos:matrix.example.internal"),
  { key: "token_env", question: "That user's password, used once to get a token", secretEnv: TOKEN_VARIABLE, exchange: logIn },
  ask("room_id", "Its home room, an id or an alias, e.g. #mos:matrix.example.internal"),
];

/** As `mos-hub conduit login` does it: the same device, so that a second token ends the first. */
async function logIn(password: string, { answers }: SetupSoFar): Promise<string> {
  const { homeserver_url: url = "", user_id: user } = answers;
  const identifier = { type: "m.id.user", user };
  const body = { type: "m.login.password", identifier, password, device_id: "MOSHUB", initial_device_display_name: "mos-hub" };
  return (await openApi(url).call("POST", "/login", z.object({ access_token: z.string() }), { body })).access_token;
}

type Field = "homeserver_url" | "user_id" | "room_id";

function ask(key: Field, question: string, check?: SetupQuestion["check"]): SetupQuestion {
  return { key, question, check: check ?? (async (answer) => problemWith(answer, key)) };
}

function problemWith(answer: string, key: Field = "homeserver_url"): string | undefined {
  return matrixConfig.shape[key].safeParse(answer).error?.issues[0]?.message;
}
