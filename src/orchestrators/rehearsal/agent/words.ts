/** The words the rehearsal knows, in the order `help` lists them; the first whose pattern fits is played, anything else is echoed. */
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type ContentBlock, CreateElicitationResponse, methods } from "@agentclientprotocol/sdk/unstable";
import { approval, askByHub, conversationOf, deploy, rehearsed, urlOf } from "./cards.ts";
import { goLive, landingPage, team, useDomain } from "./story.ts";
import type { Talk } from "./talk.ts";

interface Word {
  readonly usage: string;
  readonly about: string;
  readonly pattern: RegExp;
  readonly play: (talk: Talk, match: RegExpExecArray) => Promise<void>;
}

const CLASSES = ["green", "yellow", "yellow_external", "red", "critical_red"];
/** The exit code of `crash`. */
const CRASH_EXIT_CODE = 3;

const WORDS: readonly Word[] = [
  { usage: "help", about: "this list", pattern: /^help$/i, play: help },
  { usage: "stream", about: "a longer answer, piece by piece", pattern: /^stream$/i, play: stream },
  { usage: "tools", about: "tool calls with their states", pattern: /^tools$/i, play: tools },
  { usage: "plan", about: "a plan that is worked through", pattern: /^plan$/i, play: plan },
  { usage: "team", about: "Archon, Prism and Forge at work", pattern: /^team$/i, play: showTeam },
  { usage: "ask", about: "a question with a form", pattern: /^ask$/i, play: ask },
  { usage: "permission", about: "a tool call that needs leave", pattern: /^permission$/i, play: permission },
  { usage: "approve CLASS", about: `an approval of class ${CLASSES.join(", ")}`, pattern: /^approve (\S+)$/i, play: approve },
  {
    usage: "deploy APP [fail]",
    about: "a deploy, live or failing",
    pattern: /^deploy ([a-z0-9][a-z0-9-]{0,62})( fail)?$/i,
    play: deployApp,
  },
  { usage: "canvas", about: "a link to a page", pattern: /^canvas$/i, play: canvas },
  { usage: "survey", about: "a form on a page of the hub; what you send back comes to me", pattern: /^survey$/i, play: survey },
  {
    usage: "review [CLASS]",
    about: "a page of the hub with an approval below it",
    pattern: /^review(?: (green|yellow|yellow_external|red|critical_red))?$/i,
    play: review,
  },
  { usage: "show JSON", about: "a canvas as you write it", pattern: /^show (\{[\s\S]*\})$/i, play: show },
  {
    usage: "file [PATH]",
    about: "a file for you: what you attached, one from my workspace, or a menu",
    pattern: /^file(?: (\S.*))?$/i,
    play: file,
  },
  { usage: "slow SECONDS", about: "an answer that takes its time; stop it if you like", pattern: /^slow (\d{1,4})$/i, play: slow },
  { usage: "crash", about: "ends my process in mid-answer", pattern: /^crash$/i, play: crash },
  { usage: "Build me a landing page for my coffee shop", about: "the whole story", pattern: /landing page/i, play: landingPage },
  { usage: "go live", about: "publishes it, behind an approval", pattern: /^go live\b/i, play: goLive },
  {
    usage: "use my domain | use NAME.com",
    about: "a domain of your own, behind an approval",
    pattern: /^use (?:my domain|([a-z0-9-]+(?:\.[a-z0-9-]+)+))$/i,
    play: (talk, match) => useDomain(talk, (match[1] ?? "mycoffeeshop.com").toLowerCase()),
  },
];

/** Plays the word that `text` is. */
export async function play(talk: Talk, text: string): Promise<void> {
  // What the hub delivers again is the same word behind a mark.
  const said = text.replace(/^\[delivered again [^\]]*\]\n/, "").trim();
  for (const word of WORDS) {
    const match = word.pattern.exec(said);
    if (match) return word.play(talk, match);
  }
  // Files alone were listed already.
  if (said !== "" || talk.files.length === 0) await talk.say(`Echo: ${text}`);
}

async function help(talk: Talk): Promise<void> {
  const lines = WORDS.map(({ usage, about }) => `- \`${usage}\`: ${about}`);
  await talk.say(
    `This is the rehearsal orchestrator: offline, and the same every time. It knows:\n\n${lines.join("\n")}\n\nAnything else is echoed.`,
  );
}

const LONG_ANSWER = `## How a message travels

1. You write it, in whatever place you like.
2. The hub writes it down **before** it says that it has it.
3. It waits in the lane of this thread, behind what you said before.
4. I read it, think about it and answer in pieces, as now.

> Nothing is said to be delivered that is not on a disk.

\`\`\`ts
const answer = await orchestrator.deliver(turn);
\`\`\`

Each piece of this answer changes the same message in place, no faster than the platform likes. When I have finished, the whole text is sent once more as it should stay, and the progress card goes.`;

async function stream(talk: Talk): Promise<void> {
  const length = Math.ceil(LONG_ANSWER.length / 40);
  for (let at = 0; at < LONG_ANSWER.length; at += length) {
    await talk.say(LONG_ANSWER.slice(at, at + length));
    await talk.pause();
  }
}

async function tools(talk: Talk): Promise<void> {
  const calls = [
    { toolCallId: "read", title: "Read menu.md", kind: "read", rawInput: { path: "menu.md" } },
    { toolCallId: "edit", title: "Edit prices.md", kind: "edit", rawInput: { path: "prices.md" } },
  ] as const;
  for (const call of calls) {
    await talk.report({ sessionUpdate: "tool_call", ...call, status: "pending" });
    await talk.pause(4);
    await talk.report({ sessionUpdate: "tool_call_update", toolCallId: call.toolCallId, status: "in_progress" });
    await talk.pause(4);
    await talk.report({ sessionUpdate: "tool_call_update", toolCallId: call.toolCallId, status: "completed" });
  }
  await talk.say("I read the menu and corrected the prices. (Rehearsed: no file was touched.)");
}

async function plan(talk: Talk): Promise<void> {
  const steps = ["Look", "Think", "Answer"];
  for (let done = 0; done <= steps.length; done += 1) {
    const entries = steps.map((content, at) => {
      const status = at < done ? "completed" : at === done ? "in_progress" : "pending";
      return { content, priority: "medium", status } as const;
    });
    await talk.report({ sessionUpdate: "plan", entries });
    await talk.pause(5);
  }
  await talk.say("The plan is done.");
}

async function showTeam(talk: Talk): Promise<void> {
  await team(talk);
  await talk.say("Archon, Prism and Forge have finished.");
}

async function ask(talk: Talk): Promise<void> {
  const values = talk.canElicit ? await askByForm(talk) : await askByHub(talk, QUESTION, HUB_FIELDS);
  if (!values) return talk.say("You did not want to answer. That is fine.");
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${String(value)}`);
  await talk.say(`You answered ${lines.join(", ")}.`);
}

const QUESTION = "What should the coffee of the week be?";
const HUB_FIELDS = [
  { name: "coffee", label: "Name of the coffee", kind: "text", required: true },
  {
    name: "size",
    label: "Size",
    kind: "choice",
    options: [
      { value: "small", label: "Small" },
      { value: "large", label: "Large" },
    ],
  },
  { name: "cups", label: "Cups", kind: "number" },
  { name: "takeaway", label: "To take away", kind: "boolean" },
];

async function askByForm(talk: Talk): Promise<Record<string, unknown> | undefined> {
  const answer = await talk.orStopped(
    talk.client.request(methods.client.elicitation.create, {
      sessionId: talk.sessionId,
      mode: "form",
      message: QUESTION,
      requestedSchema: {
        type: "object",
        properties: {
          coffee: { type: "string", title: "Name of the coffee" },
          size: { type: "string", title: "Size", enum: ["small", "large"] },
          cups: { type: "integer", title: "Cups" },
          takeaway: { type: "boolean", title: "To take away" },
        },
        required: ["coffee"],
      },
    }),
  );
  return CreateElicitationResponse.isAccept(answer) ? { ...answer.content } : undefined;
}

async function permission(talk: Talk): Promise<void> {
  const toolCallId = "wipe";
  const call = { toolCallId, title: "Empty the build folder", kind: "execute", rawInput: { command: "rm -rf build" } } as const;
  await talk.report({ sessionUpdate: "tool_call", ...call, status: "pending" });
  const { outcome } = await talk.orStopped(
    talk.client.request(methods.client.session.requestPermission, {
      sessionId: talk.sessionId,
      toolCall: { toolCallId },
      options: [
        { optionId: "once", name: "Allow once", kind: "allow_once" },
        { optionId: "always", name: "Always allow", kind: "allow_always" },
        { optionId: "no", name: "Reject", kind: "reject_once" },
      ],
    }),
  );
  const chosen = outcome.outcome === "selected" ? outcome.optionId : "cancelled";
  const isAllowed = chosen === "once" || chosen === "always";
  await talk.report({ sessionUpdate: "tool_call_update", toolCallId, status: isAllowed ? "completed" : "failed" });
  const words: Record<string, string> = {
    once: "I was allowed to, once.",
    always: "I was allowed to, always.",
    no: "I was not allowed to.",
  };
  await talk.say(`${words[chosen] ?? "Nobody decided."} (Rehearsed: no file was touched.)`);
}

async function approve(talk: Talk, match: RegExpExecArray): Promise<void> {
  const wanted = (match[1] ?? "").toLowerCase();
  if (!CLASSES.includes(wanted)) return talk.say(`There is no class "${wanted}". Use one of: ${CLASSES.join(", ")}.`);
  const decided = await approval(talk, {
    title: `A rehearsed action of class ${wanted}`,
    class: wanted,
    action: { do: "rehearse", class: wanted, conversation: conversationOf(talk) },
    reason: "You asked me to ask.",
  });
  await talk.say(`It was ${decided.words}.`);
}

async function deployApp(talk: Talk, match: RegExpExecArray): Promise<void> {
  const app = (match[1] ?? "").toLowerCase();
  const isFailing = match[2] !== undefined;
  await talk.say(`Deploying ${app}.\n\n`);
  const states = isFailing ? ["queued", "building", "failed"] : ["queued", "building", "deploying", "live"];
  await deploy(talk, { app, environment: "production", states });
  await talk.say(
    isFailing ? `The deploy of ${app} failed; the end of its log is on the card.` : `${app} is live: ${rehearsed(urlOf(app))}`,
  );
}

async function canvas(talk: Talk): Promise<void> {
  await talk.callHub("share_canvas", {
    title: "Menu of the coffee shop",
    kind: "page",
    url: `https://canvas.example.internal/${talk.sessionId}`,
  });
  await talk.say("I shared a page with you.");
}

async function survey(talk: Talk): Promise<void> {
  await talk.callHub("share_canvas", {
    title: "Your coffee",
    content: { markdown: "Tell us what **you** would like.", form: { fields: HUB_FIELDS, buttons: ["Order", "Later"] } },
  });
  await talk.say("I shared a form with you.");
}

async function review(talk: Talk, match: RegExpExecArray): Promise<void> {
  const wanted = {
    title: "Put the autumn menu online",
    class: (match[1] ?? "red").toLowerCase(),
    environment: "production",
    action: { command: ["koompi", "deploy", "coffee-shop"], conversation: conversationOf(talk) },
    reason: "It replaces the menu that customers see.",
  };
  const content = { markdown: "Flat white goes from **3.60** to **3.80**; *pumpkin soup* is new." };
  const decided = await approval(talk, wanted, (id) =>
    talk.callHub("share_canvas", { title: "The autumn menu", content: { ...content, approvals: [id] } }),
  );
  await talk.say(`It was ${decided.words}.`);
}

async function show(talk: Talk, match: RegExpExecArray): Promise<void> {
  const shared = await talk.callHub("share_canvas", JSON.parse(match[1] ?? "{}") as Record<string, unknown>);
  await talk.say(`I shared \`${String(shared["canvas_id"])}\`.`);
}

const MENU = "# Menu\n\n- Espresso: 2.20\n- Flat white: 3.60\n";

async function file(talk: Talk, match: RegExpExecArray): Promise<void> {
  const path = match[1];
  if (path !== undefined) await talk.show(linkTo(resolve(path)));
  else if (talk.files.length > 0) for (const { back } of talk.files) await talk.show(back);
  else {
    await writeFile("menu.md", MENU);
    await talk.show(linkTo(resolve("menu.md")));
  }
  await talk.say("That is the file.");
}

function linkTo(path: string): ContentBlock {
  return { type: "resource_link", name: basename(path), uri: pathToFileURL(path).href };
}

async function slow(talk: Talk, match: RegExpExecArray): Promise<void> {
  const ticks = Number(match[1]) * 5;
  for (let tick = 1; tick <= ticks; tick += 1) {
    await talk.waitMs(200);
    await talk.say(tick % 5 === 0 ? `${tick / 5} s\n` : ".");
  }
  await talk.say("Done.");
}

async function crash(talk: Talk): Promise<void> {
  await talk.say("I am about to ");
  await talk.pause(2);
  process.exit(CRASH_EXIT_CODE);
}
