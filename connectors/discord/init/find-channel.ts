/** Finds the home channel while `init` waits: the one in which somebody mentions the bot. Says nothing there, and keeps nothing. */
import { z } from "zod";
import type { SetupHelp, SetupSoFar } from "../../../src/contract/connector.ts";
import { createApi } from "../api.ts";
import { parseConfig, TOKEN_VARIABLE } from "../config.ts";
import { inviteLink } from "../permissions.ts";
import { createSession, type Packet } from "../session.ts";

const PATIENCE_MS = 300_000;

const said = z.object({
  channel_id: z.string(),
  guild_id: z.string(),
  author: z.object({ bot: z.boolean().optional() }),
  mentions: z.array(z.object({ id: z.string() })),
});

/** Its id; undefined without a token, or when nobody said hello within five minutes. Rejects as the session does. */
export async function findChannel({ answers, secrets }: SetupSoFar, { tell, now, setTimer }: SetupHelp): Promise<string | undefined> {
  const token = secrets.get(TOKEN_VARIABLE);
  if (token === undefined) return undefined;
  // A mention is readable without the privileged intent, which may not be switched on yet.
  const settings = parseConfig({ ...answers, message_content: false });
  const bot = z.object({ id: z.string(), username: z.string() }).parse(await createApi(settings, token).get("/users/@me"));
  const found = Promise.withResolvers<string | undefined>();
  const quiet = (): void => {};
  const log = { info: quiet, warn: quiet, error: quiet };
  const session = createSession({
    settings,
    token,
    context: { account: "discord", now, setTimer, log },
    onPacket: (packet) => hear(packet, bot.id, found.resolve),
    onReady: () => tell(`Write "@${bot.username} hello" in the channel you want. The bot is not in your server yet? ${inviteLink(bot.id)}`),
  });
  const endWait = setTimer(PATIENCE_MS, () => found.resolve(undefined));
  try {
    await session.start();
    return await found.promise;
  } finally {
    endWait();
    await session.close();
  }
}

function hear({ t, d }: Packet, botId: string, found: (channelId: string) => void): void {
  const message = t === "MESSAGE_CREATE" ? said.safeParse(d).data : undefined;
  if (message && message.author.bot !== true && message.mentions.some(({ id }) => id === botId)) found(message.channel_id);
}
