/**
 * Draws the cards of connectors/discord/README.md: what the fake Discord received, laid out in the manner of a chat by a page of our own.
 * No screenshot of Discord. `node tests/support/discord-pictures.ts`; to be looked at before they are kept.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { createFakeDiscord } from "../../connectors/discord/fake/discord.ts";
import type { FakeMessage, Json } from "../../connectors/discord/fake/world.ts";
import { systemClock } from "../../src/clock.ts";
import { launch } from "./browser.ts";
import { buttonOf, partsOf } from "./discord-bench.ts";
import { createHubProcess, until } from "./hub-process.ts";
import { ROOT } from "./repository.ts";

const TOKEN = "pictures.token-of-the-bot";
const FOLDER = join(ROOT, "docs/pictures");
const SIZE = { width: 720, height: 400 };

const STYLES: Readonly<Record<number, string>> = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary" };
const STYLE = `
  body { margin: 0; font: 15px/1.4 "DejaVu Sans", sans-serif; color: #dbdee1; background: #313338 }
  main { padding: 16px 20px; display: grid; gap: 18px; background: #313338 }
  i { font: 700 10px sans-serif; background: #5865f2; color: #fff; padding: 2px 4px; border-radius: 3px }
  pre, code { background: #2b2d31; border-radius: 4px; font: 13px "DejaVu Sans Mono", monospace; padding: 1px 4px }
  pre { padding: 8px; margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere }
  .row { display: flex; gap: 8px; margin-top: 8px }
  button, .select { border: 0; border-radius: 4px; color: #fff; padding: 8px 16px; font: 14px "DejaVu Sans", sans-serif }
  .primary { background: #5865f2 } .secondary, .select { background: #4e5058 } .success { background: #248046 } .danger { background: #da373c }
  u { color: #00a8fc; text-decoration: none }
  em { display: inline-block; width: 15px; height: 15px; border-radius: 8px; background: #2f9e5b; color: #fff; font: 11px/15px sans-serif; text-align: center }
  button:disabled { opacity: 0.5 }
`;

const fake = await createFakeDiscord(systemClock);
const bot = fake.addBot("Mos", TOKEN);
const ann = fake.addPerson("Ann");
const channel = fake.addChannel(fake.addGuild("Home", [bot.user, ann]), "general");
const hub = await createHubProcess({ DISCORD_BOT_TOKEN: TOKEN });
const browser = await launch();
try {
  await mkdir(FOLDER, { recursive: true });
  const accounts = { discord: { kind: "discord", channel_id: channel.id, api_base: fake.api } };
  const operators = [{ name: "Ann", roles: ["operator", "approver"], accounts: { discord: ann.id } }];
  await writeFile(join(hub.dataDir, "hub.yaml"), stringify({ accounts, operators }));
  await hub.start({ MOS_HUB_CONFIG: join(hub.dataDir, "hub.yaml") });

  const approval = await cardAfter("approve red", (parts) => parts.length > 0);
  await picture("discord-approval", approval);
  await fake.press(ann, approval, buttonOf(approval, "Approve"));
  await until("the card is decided", () => partsOf(approval).every((one) => one["disabled"] === true));
  await picture("discord-approved", approval);
  await picture("discord-question", await cardAfter("ask", (parts) => parts.length > 0));
  await picture("discord-deploy", await cardAfter("deploy shop", (parts, { content }) => parts.length > 0 && content.includes("🟢 live")));
} finally {
  await browser.close();
  await hub.end();
  await fake.close();
}

/** Ann says it to the bot; the message of the bot that came of it. */
async function cardAfter(text: string, isIt: (parts: readonly Json[], message: FakeMessage) => boolean): Promise<FakeMessage> {
  const { id } = fake.say(ann, channel.id, `<@${bot.user.id}> ${text}`);
  let found: FakeMessage | undefined;
  await until(`the card of "${text}" is there`, () => {
    found = fake.world.history(id).find((one) => one.author.id === bot.user.id && isIt(partsOf(one), one));
    return found !== undefined;
  });
  if (!found) throw new Error("unreachable");
  return found;
}

async function picture(name: string, message: FakeMessage): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 2 });
  await page.setContent(`<style>${STYLE}</style><main>${drawn(message)}</main>`);
  await page.locator("main").screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.close();
}

function drawn({ author, content, components }: FakeMessage): string {
  const rows = components.map((row) => `<div class="row">${(row["components"] as Json[]).map(part).join("")}</div>`);
  return `<article><b>${safe(author.username)}</b> <i>BOT</i><div>${words(content)}</div>${rows.join("")}</article>`;
}

function part({ type, style, label, disabled, placeholder }: Json): string {
  if (type !== 2) return `<span class="select">${safe(String(placeholder ?? "Choose"))} ▾</span>`;
  return `<button class="${STYLES[Number(style)] ?? "secondary"}"${disabled === true ? " disabled" : ""}>${safe(String(label))}</button>`;
}

/** Of Discord's Markdown what the cards use; two signs are drawn, since a machine may have no font for them. */
function words(content: string): string {
  return safe(content)
    .replace(/```\w*\n?([\s\S]*?)```/g, "<pre>$1</pre>")
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
    .replace(
      /&lt;t:(\d+):\w&gt;/g,
      (_, at: string) => `<code>${new Date(Number(at) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC</code>`,
    )
    .replace(/^-# (.*)$/gm, "<small>$1</small>")
    .replace(/&lt;(https:[^&]+)&gt;/g, "<u>$1</u>")
    .replace(/🟢|✅/gu, (sign) => `<em>${sign === "✅" ? "✓" : ""}</em>`)
    .replace(/(?<=<\/pre>)\n+|\n+(?=<pre>)/g, "")
    .replace(/\n/g, "<br>");
}

function safe(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
