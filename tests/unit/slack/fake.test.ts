/** The fake Slack is worth something only if the real libraries work against it and it refuses what Slack refuses. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SocketModeClient } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";
import { systemClock } from "../../../src/clock.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { signatureOf } from "../../../connectors/slack/fake/deliver.ts";
import { createFakeSlack, type FakeSlack } from "../../../connectors/slack/fake/slack.ts";

const TOKENS = { botToken: ["xoxb", "fake", "1"].join("-"), appToken: ["xapp", "fake", "1"].join("-"), signingSecret: "0".repeat(32) };
let fake: FakeSlack;
let web: WebClient;

beforeEach(async () => {
  fake = await createFakeSlack({ ...systemClock, ...TOKENS, patienceMs: 300, retryMs: 20 });
  fake.world.addChannel({ id: "C00000001", type: "channel", members: ["UANN00001"] });
  web = new WebClient(TOKENS.botToken, { slackApiUrl: fake.apiBase, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
});
afterEach(() => fake.close());

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  if (!error) throw new Error("it was not refused");
  return error.message;
}

test("the real client posts, finds its metadata again, changes, reacts and uploads", async () => {
  const metadata = { event_type: "mos_hub", event_payload: { delivery_id: "out_1" } };
  const { ts = "" } = await web.chat.postMessage({ channel: "C00000001", text: "hello", metadata });
  const { messages = [] } = await web.conversations.history({ channel: "C00000001", include_all_metadata: true });
  expect(messages[0]).toMatchObject({ ts, text: "hello", metadata });
  await web.chat.update({ channel: "C00000001", ts, text: "changed" });
  await web.reactions.add({ channel: "C00000001", timestamp: ts, name: "eyes" });
  await web.filesUploadV2({ channel_id: "C00000001", thread_ts: ts, file: Buffer.from("abc"), filename: "a.txt" });
  const { messages: thread = [] } = await web.conversations.replies({ channel: "C00000001", ts });
  expect(thread.map(({ text, files }) => [text, files?.[0]?.name])).toEqual([
    ["changed", undefined],
    ["", "a.txt"],
  ]);
});

test("the real socket client hears an event, and one that is not acknowledged comes again with its number", async () => {
  const client = new SocketModeClient({ appToken: TOKENS.appToken, clientOptions: { slackApiUrl: fake.apiBase } });
  const heard: number[] = [];
  client.on("slack_event", ({ ack, retry_num }: { ack: () => Promise<void>; retry_num?: number }) => {
    heard.push(retry_num ?? 0);
    if (heard.length === 2) void ack();
  });
  await client.start();
  const { events } = fake.people.say("C00000001", "UANN00001", "hi");
  const [event] = events;
  expect(event && (await fake.delivery.deliver(event))).toMatchObject({ acknowledged: true, attempts: 2 });
  expect(heard).toEqual([0, 1]);
  await client.disconnect();
});

test("over HTTP it signs what it sends, and tries again until it is answered", async () => {
  const seen: boolean[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { "x-slack-signature": given, "x-slack-request-timestamp": at } = request.headers;
      seen.push(given === signatureOf(TOKENS.signingSecret, String(at), body));
      response.writeHead(seen.length < 2 ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  fake.requestUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const [event] = fake.people.say("C00000001", "UANN00001", "hi").events;
  expect(event && (await fake.delivery.deliver(event))).toMatchObject({ acknowledged: true, attempts: 2 });
  expect(seen).toEqual([true, true]);
  server.closeAllConnections();
  server.close();
});

test("a mention comes as two events of one post", () => {
  const { events, message } = fake.people.say("C00000001", "UANN00001", `<@${fake.world.botUser}> hi`);
  const inner = events.map(({ payload }) => payload["event"] as { type: string; ts: string });
  expect(inner.map(({ type, ts }) => [type, ts])).toEqual([
    ["app_mention", message.ts],
    ["message", message.ts],
  ]);
});

describe("it refuses", () => {
  const post = (more: object) => web.chat.postMessage({ channel: "C00000001", text: "x", ...more } as never);
  test.each([
    ["a channel that is not there", () => post({ channel: "C9" }), "channel_not_found"],
    ["an answer to an answer", () => post({ thread_ts: "1.2" }), "cannot_reply_to_message"],
    ["nothing to say", () => post({ text: "" }), "no_text"],
    ["a long section", () => post({ blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] }), "invalid_blocks"],
    ["51 blocks", () => post({ blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) }), "invalid_blocks"],
    [
      "a trigger nobody pulled",
      () => web.views.open({ trigger_id: "9", view: { type: "modal", title: { type: "plain_text", text: "x" }, blocks: [] } }),
      "invalid_trigger_id",
    ],
    ["a message that is not there", () => web.chat.update({ channel: "C00000001", ts: "1.1", text: "x" }), "message_not_found"],
  ])("%s", async (_what, call, error) => expect(await refusal(call())).toContain(error));

  test("a scope that is missing, by name; an archived channel; a revoked token", async () => {
    fake.scopes.delete("chat:write");
    await expect(post({})).rejects.toMatchObject({ data: { error: "missing_scope", needed: "chat:write" } });
    fake.scopes.add("chat:write");
    fake.world.channel("C00000001").isArchived = true;
    expect(await refusal(post({}))).toContain("is_archived");
    fake.botToken = "another";
    expect(await refusal(post({}))).toContain("invalid_auth");
  });
});

test("a file is given to who shows the token; anybody else sees a page to sign in, with 200", async () => {
  await web.filesUploadV2({ channel_id: "C00000001", file: Buffer.from("abc"), filename: "a.txt" });
  const [file] = [...fake.world.files.values()];
  const url = String(file && fake.world.shownFile(file)["url_private_download"]);
  expect(await (await fetch(url, { headers: { authorization: `Bearer ${TOKENS.botToken}` } })).text()).toBe("abc");
  const without = await fetch(url);
  expect([without.status, without.headers.get("content-type")]).toEqual([200, "text/html"]);
});

test("one message a second in a channel, told in whole seconds", async () => {
  await fake.close();
  fake = await createFakeSlack({ ...systemClock, ...TOKENS, postMs: 60_000 });
  fake.world.addChannel({ id: "C00000001", type: "channel" });
  web = new WebClient(TOKENS.botToken, { slackApiUrl: fake.apiBase, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
  await web.chat.postMessage({ channel: "C00000001", text: "one" });
  await expect(web.chat.postMessage({ channel: "C00000001", text: "two" })).rejects.toMatchObject({ retryAfter: 60 });
  expect(fake.refused()).toBe(1);
});
