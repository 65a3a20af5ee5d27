/** The Slack connector on its fake, without a hub: what it hears, and what is seen. */
import { Keyv } from "keyv";
import slack from "../../connectors/slack/definition.ts";
import { createFakeSlack, type FakeOptions, type FakeSlack } from "../../connectors/slack/fake/slack.ts";
import { systemClock } from "../../src/clock.ts";
import type { CaughtUp, Connector } from "../../src/contract/connector.ts";
import type { Ack, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";
import { until } from "./hub-process.ts";
import { createKeptFiles, type KeptFiles } from "./kept-files.ts";
import { wireContext } from "./wire/context.ts";

export const SECRET = ["xoxb", "bench"].join("-");
export const HOME = "C00000001";
export const ANN = "UANN00001";

export interface SlackBench {
  readonly fake: FakeSlack;
  readonly files: KeptFiles;
  readonly gaps: CaughtUp[];
  /** Threads and channels in which one of the hub's conversations lives. */
  readonly bound: Set<string>;
  /** What the hub answers to all that follows. */
  ack: Ack;
  /** A connector with listeners, not started. */
  make(config?: Record<string, unknown>): Heard;
  connect(config?: Record<string, unknown>): Promise<Heard>;
  end(): Promise<void>;
}

export interface Heard {
  readonly connector: Connector;
  readonly messages: InboundMessage[];
  readonly events: ConnectorEvent[];
}

export async function createSlackBench(options: Partial<FakeOptions> = {}): Promise<SlackBench> {
  const tokens = { botToken: SECRET, appToken: SECRET, signingSecret: SECRET };
  const fake = await createFakeSlack({ ...systemClock, ...tokens, retryMs: 50, ...options });
  fake.world.addChannel({ id: HOME, type: "channel", name: "general", members: [ANN] });
  const [files, state, made] = [createKeptFiles(), new Keyv(), [] as Connector[]];
  const [gaps, bound]: [CaughtUp[], Set<string>] = [[], new Set()];

  function make(config: Record<string, unknown> = {}): Heard {
    const connector = slack.factory(
      { api_base: fake.apiBase, channel_id: HOME, answer_ms: 2000, ...config },
      {
        ...wireContext("slack", state, SECRET),
        files: { maxBytes: 100_000_000, keep: files.keep, open: async () => new Blob(["the file"]).stream() },
        isBound: async ({ chatId, threadId }) => bound.has(threadId ?? chatId),
        caughtUp: (gap) => void gaps.push(gap),
      },
    );
    made.push(connector);
    const [messages, events]: [InboundMessage[], ConnectorEvent[]] = [[], []];
    connector.subscribe(async (message) => {
      messages.push(message);
      return bench.ack;
    });
    connector.onEvent?.(async (event) => {
      events.push(event);
      return bench.ack;
    });
    return { connector, messages, events };
  }

  const bench: SlackBench = {
    fake,
    files,
    gaps,
    bound,
    ack: { type: "accepted", trace: "trc_bench" },
    make,
    async connect(config) {
      const heard = make(config);
      await heard.connector.start?.();
      await until("Slack is connected", async () => (await heard.connector.health()).reachable);
      return heard;
    },
    async end() {
      for (const one of made) await one.close();
      await fake.close();
    },
  };
  return bench;
}
