/** The coffee shop: a landing page by three specialists, then going live behind an approval, payments, and a domain of one's own. */
import { approval, conversationOf, deploy, domain, rehearsed, urlOf } from "./cards.ts";
import type { Talk } from "./talk.ts";

const APP = "coffee-shop";
const STEPS = ["Agree on what the page must say", "Design it", "Build and publish it"] as const;
const TEAM = [
  { name: "Archon", does: "plans the page: opening hours, menu, a map", took: "Three sections, one call to action." },
  { name: "Prism", does: "draws it: warm colours, large photographs", took: "A palette of five colours and two type sizes." },
  { name: "Forge", does: "builds and publishes it", took: "One page, 38 kB, no script." },
] as const;
const STEP_PACES = 6;

async function reportPlan(talk: Talk, doneSteps: number): Promise<void> {
  const entries = STEPS.map((content, at) => {
    const status = at < doneSteps ? "completed" : at === doneSteps ? "in_progress" : "pending";
    return { content, priority: "medium", status } as const;
  });
  await talk.report({ sessionUpdate: "plan", entries });
}

/** Shows one helper at work and then done. */
async function reportMember(talk: Talk, member: (typeof TEAM)[number]): Promise<void> {
  const sessionId = `${talk.sessionId}-${member.name.toLowerCase()}`;
  await talk.report({
    sessionUpdate: "subagent_update",
    sessionId,
    title: member.name,
    description: member.does,
    state: { state: "running" },
  });
  await talk.pause(STEP_PACES);
  await talk.report({
    sessionUpdate: "subagent_update",
    sessionId,
    description: member.took,
    state: { state: "idle", stopReason: "end_turn" },
  });
}

/** Archon, Prism and Forge, one after the other. */
export async function team(talk: Talk): Promise<void> {
  for (const member of TEAM) await reportMember(talk, member);
}

export async function landingPage(talk: Talk): Promise<void> {
  await talk.say("A landing page for your coffee shop. Archon plans it, Prism designs it, Forge builds it.\n\n");
  for (const [at, member] of TEAM.entries()) {
    await reportPlan(talk, at);
    await reportMember(talk, member);
  }
  await deploy(talk, { app: APP, environment: "preview", states: ["queued", "building", "live"] });
  await reportPlan(talk, STEPS.length);
  await talk.say(
    `Your page is ready to look at: ${rehearsed(urlOf(APP))}\n\nSay "go live" to publish it for everybody, then "add payments" or "use my domain".`,
  );
}

export async function goLive(talk: Talk): Promise<void> {
  const { shop } = talk;
  const decided = await approval(talk, {
    title: `Publish ${APP} for everybody`,
    class: "yellow_external",
    action: { do: "publish", app: APP, environment: "production", conversation: conversationOf(talk) },
    reason: "Going live is visible to the outside world.",
  });
  if (!decided.isApproved) return talk.say(`Not published: ${decided.words}.`);
  await talk.say(`Publishing, ${decided.words}.\n\n`);
  const url = shop.domain === undefined ? urlOf(APP) : `https://${shop.domain}`;
  shop.production = await deploy(talk, { app: APP, environment: "production", states: ["queued", "building", "deploying", "live"], url });
  await talk.say(`It is live: ${rehearsed(url)}`);
}

/** Nobody is asked for a credential, since nothing is there. */
export async function addPayments(talk: Talk): Promise<void> {
  const url = "https://baray.example.internal/keys";
  const steps = [{ state: "started" }, { state: "credential", url, detail: "Rehearsed: it is taken as given." }, { state: "done" }];
  await talk.say("Adding payments with Baray. Each step is told beside the deploy.\n\n");
  for (const step of steps) {
    const place = { deploy_id: talk.shop.production, app: APP, environment: "production" };
    await talk.callHub("announce_deploy", { ...place, setup: { kind: "payments", name: "Baray", ...step } });
    await talk.pause(STEP_PACES);
  }
  await talk.say("Payments are set up. (Rehearsed: nobody can pay.)");
}

export async function useDomain(talk: Talk, name: string): Promise<void> {
  const { shop } = talk;
  const decided = await approval(talk, {
    title: `Put ${APP} live at ${name}`,
    class: "yellow_external",
    action: { do: "use domain", app: APP, domain: name, environment: "production", conversation: conversationOf(talk) },
    reason: "Everybody who opens this domain will see it.",
  });
  if (!decided.isApproved) return talk.say(`Not connected: ${decided.words}.`);
  const where = shop.production === undefined ? "the deploy card of this conversation" : "the card of the deploy to production, above";
  await talk.say(`Connecting ${name}, ${decided.words}. The records to set are on ${where}.\n\n`);
  shop.production = await domain(talk, { app: APP, name, id: shop.production ?? `shop-${conversationOf(talk)}` });
  shop.domain = name;
  await talk.say(`${name} is live with HTTPS: ${rehearsed(`https://${name}`)}`);
}
