/** `mos-hub conduit`: a homeserver of one's own for the hub: from its first start to a room with the hub in it, and a new token for a password. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import {
  bootstrap,
  type Bootstrapped,
  byRegistrationToken,
  bySharedSecret,
  DEVICE_ID,
  isRegistrationOpen,
  isUp,
  logIn,
  type Register,
  whoIs,
} from "../../conduit/bootstrap.ts";
import { setRegistration } from "../../conduit/registration.ts";
import { foregroundClock } from "../clock.ts";
import { HubError } from "../contract/errors.ts";
import { askSecret } from "./ask-secret.ts";
import type { AddCommand } from "./command.ts";
import { writeVariable } from "./env-file.ts";

const VARIABLE = "MATRIX_ACCESS_TOKEN";
const RESTART_MS = 30_000;

interface Given {
  readonly homeserver: string;
  readonly hub: string;
  readonly operator: string;
  readonly env: string;
  readonly toml?: string;
  readonly restart?: string;
  readonly synapse?: string;
}

export const addConduit: AddCommand = (program, act) => {
  const conduit = program.command("conduit").description("a Matrix homeserver of your own for the hub (conduit/GUIDE.md)");
  conduit
    .command("bootstrap")
    .description("make the hub's user, yours and their room, close registration, and write the hub's token; may be run again")
    .requiredOption("--operator <name>", "your own user's name, without @ and server")
    .option("--homeserver <url>", "where the homeserver listens", "http://127.0.0.1:6167")
    .option("--hub <name>", "the name of the hub's user, and of the room", "mos")
    .option("--env <file>", "the environment file that gets the token, mode 0600", ".env")
    .option("--toml <file>", "Conduit's configuration: opened for one registration token, then closed")
    .option("--restart <command>", "restarts Conduit after a change of its configuration")
    .option("--synapse <file>", "a file with Synapse's registration_shared_secret, instead of --toml")
    .action(
      act(async (context, given: Given) => {
        const operatorPassword = await askSecret(`The password of ${given.operator} on the homeserver: `);
        const tell = (done: string): void => void process.stderr.write(`✓ ${done}\n`);
        const made = await bootstrapWith(given, operatorPassword, tell);
        context.print({ type: "bootstrapped", ...made, hubToken: undefined, env: given.env }, () => wordsOf(given, made));
        return 0;
      }),
    );
  conduit
    .command("login")
    .description("a new token of the hub's user for its password, written to the environment file; the password is kept nowhere")
    .requiredOption("--user <id>", "e.g. @mos:matrix.example.internal")
    .option("--homeserver <url>", "where the homeserver listens", "http://127.0.0.1:6167")
    .option("--env <file>", "the environment file that gets the token, mode 0600", ".env")
    .action(
      act(async (context, { user, homeserver, env }: { user: string; homeserver: string; env: string }) => {
        const password = await askSecret(`The password of ${user}: `);
        const token = await refused(logIn({ url: homeserver, userId: user, password, deviceId: DEVICE_ID }));
        await writeVariable(env, VARIABLE, token);
        const account = await whoIs(homeserver, token);
        context.print({ type: "logged_in", account, env }, () => `${VARIABLE} of ${account} is in ${env}.`);
        return 0;
      }),
    );
};

/** Opens registration for the time it takes, and never longer. */
export async function bootstrapWith(given: Given, operatorPassword: string, tell: (done: string) => void): Promise<Bootstrapped> {
  const { homeserver: url, hub, operator, env, toml, synapse } = given;
  const hubToken = new RegExp(`^${VARIABLE}=(.+)$`, "m").exec(await readFile(env, "utf8").catch(() => ""))?.[1];
  const keepToken = (token: string): Promise<void> => writeVariable(env, VARIABLE, token);
  const options = { url, hub, operator, operatorPassword, hubToken, keepToken, tell };
  const made = await (toml === undefined
    ? refused(bootstrap({ ...options, register: await registerAt(url, synapse) }))
    : whileOpen({ ...given, toml }, tell, (register) => refused(bootstrap({ ...options, register }))));
  tell(`the hub's token is in ${env}`);
  return made;
}

async function registerAt(url: string, synapse: string | undefined): Promise<Register> {
  if (synapse !== undefined) return bySharedSecret(url, (await readFile(synapse, "utf8")).trim());
  return () => Promise.reject(new HubError("bad_request", { problems: "to make users it needs --toml (Conduit) or --synapse" }));
}

async function whileOpen<T>(
  given: Given & { toml: string },
  tell: (done: string) => void,
  work: (register: Register) => Promise<T>,
): Promise<T> {
  const token = randomBytes(18).toString("base64url");
  const rewrite = async (value: string | undefined): Promise<void> => {
    await writeFile(given.toml, setRegistration(await readFile(given.toml, "utf8"), value));
    restart(given.restart);
    await answers(given.homeserver);
  };
  try {
    await rewrite(token);
    return await work(byRegistrationToken(given.homeserver, token));
  } finally {
    await rewrite(undefined);
    const isOpen = await isRegistrationOpen(given.homeserver);
    tell(isOpen ? "REGISTRATION IS STILL OPEN: restart the homeserver" : "registration is closed");
  }
}

function restart(command: string | undefined): void {
  if (command === undefined)
    throw new HubError("bad_request", { problems: "--toml needs --restart, e.g. --restart 'systemctl restart conduit'" });
  const { status } = spawnSync(command, { shell: true, stdio: "inherit" });
  if (status !== 0) throw new HubError("bad_request", { problems: `"${command}" ended with ${status}` });
}

async function answers(url: string): Promise<void> {
  const end = foregroundClock.now() + RESTART_MS;
  while (!(await isUp(url))) {
    if (foregroundClock.now() > end) throw new HubError("hub_unreachable", { url, reason: "the homeserver does not come back" });
    await new Promise<void>((resolve) => void foregroundClock.setTimer(250, resolve));
  }
}

/** What a homeserver answers is the person's to read, and no fault of the hub. */
function refused<T>(work: Promise<T>): Promise<T> {
  return work.catch((thrown: unknown) => {
    throw thrown instanceof HubError ? thrown : new HubError("bad_request", { problems: (thrown as Error).message });
  });
}

function wordsOf({ homeserver, env }: Given, { hubUserId, operatorUserId, roomId }: Bootstrapped): string {
  return [
    "Put this into hub.yaml:",
    "",
    "accounts:",
    "  console: { kind: console } # the chat of your terminal, and the page",
    `  matrix: { kind: matrix, homeserver_url: "${homeserver}", user_id: "${hubUserId}", room_id: "${roomId}", invites_from: ["${operatorUserId}"] }`,
    "operators:",
    `  - { name: Me, roles: [admin, operator, approver], accounts: { matrix: ["${operatorUserId}"] } }`,
    "",
    `The token is in ${env}. Start with: mos-hub doctor, then npm start`,
  ].join("\n");
}
