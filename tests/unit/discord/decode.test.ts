/** Payloads in the shape Discord sends them, ids and words made up. */
import { describe, expect, test } from "vitest";
import { type At, decodeEdited, decodeMessage, discordMessage } from "../../../connectors/discord/decode.ts";

const SELF = { id: "900000000000000009", roles: ["800000000000000008"] };
const GUILD: At = { workspaceId: "700000000000000007", chatId: "600000000000000006", threadId: undefined, direct: false };
const DIRECT: At = { workspaceId: undefined, chatId: "600000000000000006", threadId: undefined, direct: true };

const ANN = {
  id: "500000000000000005",
  username: "ann",
  discriminator: "0",
  global_name: "Ann",
  avatar: null,
  avatar_decoration_data: null,
  clan: null,
  public_flags: 0,
};

function payload(more: Record<string, unknown> = {}): unknown {
  return {
    id: "1441123456789012345",
    channel_id: GUILD.chatId,
    guild_id: GUILD.workspaceId,
    type: 0,
    author: ANN,
    member: {
      roles: [],
      nick: null,
      joined_at: "2026-01-01T00:00:00.000000+00:00",
      premium_since: null,
      deaf: false,
      mute: false,
      flags: 0,
    },
    content: `<@${SELF.id}> hello`,
    timestamp: "2025-11-20T18:10:20.123000+00:00",
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [{ ...ANN, id: SELF.id, username: "Mos", global_name: null, bot: true }],
    mention_roles: [],
    mention_channels: [],
    attachments: [],
    embeds: [],
    components: [],
    nonce: "1441123456000000000",
    pinned: false,
    flags: 0,
    ...more,
  };
}

const decode = (more: Record<string, unknown> = {}, at: At = GUILD) => decodeMessage(discordMessage.parse(payload(more)), at, SELF);

describe("a message", () => {
  test("has its words without the mention, its sender's name, place and time", () => {
    expect(decode()).toEqual({
      message: {
        eventId: "1441123456789012345",
        sender: ANN.id,
        senderName: "Ann",
        ts: "2025-11-20T17:50:06.877Z",
        workspaceId: GUILD.workspaceId,
        chatId: GUILD.chatId,
        threadId: undefined,
        text: "hello",
        direct: false,
        mentionsBot: true,
      },
      files: [],
      needsBinding: false,
    });
  });

  test.each([
    ["the name in the server is shown first", { member: { nick: "Annie" } }, "senderName", "Annie"],
    ["other people are named", { content: `<@${SELF.id}> ask <@!${ANN.id}>`, mentions: [ANN] }, "text", "ask @Ann"],
    ["nobody knows who that is", { content: `<@${SELF.id}> ask <@111111111111111111>` }, "text", "ask <@111111111111111111>"],
    ["an emoji of the server is its name", { content: `<@${SELF.id}> <:party:123456789012345678> yes` }, "text", ":party: yes"],
    ["a sticker is its name", { content: "", sticker_items: [{ id: "1", name: "Wave", format_type: 1 }] }, "text", "[sticker: Wave]"],
    ["what is forwarded is quoted", { content: "", message_snapshots: [{ message: { content: "one\ntwo" } }] }, "text", "> one\n> two"],
    ["lines stay as they are", { content: `<@${SELF.id}> \`\`\`\n  a\n\`\`\`` }, "text", "```\n  a\n```"],
    ["the bot's own role is the bot", { content: "<@&800000000000000008> hi", mentions: [], mention_roles: SELF.roles }, "text", "hi"],
    ["`!mos` is `!`", { content: "!mos !status", mentions: [] }, "text", "!status"],
  ])("%s", (_, more, field, wanted) => {
    const decoded = decode(more);
    expect([decoded?.message[field as "text"], decoded?.message.mentionsBot]).toEqual([wanted, true]);
  });

  test.each([
    ["from a bot", { author: { ...ANN, bot: true } }],
    ["of its own", { author: { ...ANN, id: SELF.id } }],
    ["from a webhook", { webhook_id: "123456789012345678" }],
    ["of the system (a thread was opened)", { type: 18 }],
    ["without content, as without the intent", { content: "", mentions: [] }],
    ["of nobody", { author: undefined }],
  ])("%s is not for us", (_, more) => expect(decode(more)).toBeUndefined());

  test.each([
    [
      "a reply to the bot",
      { content: "yes", mentions: [], type: 19, referenced_message: { id: "1", author: { id: SELF.id } } },
      GUILD,
      false,
    ],
    [
      "a reply to somebody else",
      { content: "yes", mentions: [], type: 19, referenced_message: { id: "1", author: { id: ANN.id } } },
      GUILD,
      true,
    ],
    ["a reply to what is gone", { content: "yes", mentions: [], type: 19, referenced_message: null }, GUILD, true],
    ["words in a channel", { content: "yes", mentions: [] }, GUILD, true],
    ["words to the bot alone", { content: "yes", mentions: [] }, DIRECT, false],
    ["a typed decision", { content: "deny k7qm2x not now", mentions: [] }, GUILD, false],
    ["a plain yes", { content: "approve it", mentions: [] }, GUILD, true],
  ])("%s", (_, more, at, needsBinding) => expect(decode(more, at)?.needsBinding).toBe(needsBinding));

  test("of a server that leaves out what is empty is read all the same", () => {
    const bare = { id: "1441123456789012345", channel_id: GUILD.chatId, author: { id: ANN.id }, content: `<@${SELF.id}> hi` };
    expect(decodeMessage(discordMessage.parse(bare), GUILD, SELF)?.message).toMatchObject({ text: "hi", senderName: "" });
  });
});

describe("a change", () => {
  const message = decode()?.message;

  test("names the message it changes, and each is an event of its own", () => {
    expect(message && decodeEdited("2025-11-20T18:11:00.000000+00:00", message)).toMatchObject({
      type: "edited",
      eventId: "1441123456789012345:edited:1763662260000",
      messageEventId: "1441123456789012345",
      ts: "2025-11-20T18:11:00.000Z",
      text: "hello",
    });
  });

  test("a preview that Discord adds is none", () => expect(message && decodeEdited(null, message)).toBeUndefined());
});
