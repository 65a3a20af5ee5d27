/** The chats an account is to speak in: those the configuration names and those where conversations are open, each once, and nobody else's. */
import { afterEach, expect, test } from "vitest";
import { createPlacesInUse, placesNamed } from "../../../src/accounts/places.ts";
import type { Config } from "../../../src/config.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

const at = (chat: string, account = "a") => ({ account, chat });
const NAMED = {
  deploys: { rules: { routes: [{ chats: [at("routes"), at("elsewhere", "b")] }] } },
  approvals: {
    policies: [{ demands: { chats: [at("policy"), at("routes")], escalation: { chats: [at("escalation")] } } }, { demands: {} }],
  },
  orchestrators: [{ chats: [at("sentinel"), { account: "a" }] }],
  auditHeadTo: at("watch"),
  canary: at("canary"),
} as unknown as Config;

let bench: HubBench | undefined;
afterEach(() => bench?.file.dispose());

test("are those of routes, policies, orchestrators, the audit log's head and the canary", () => {
  const chats = ["routes", "policy", "escalation", "sentinel", "watch", "canary"];
  expect(placesNamed(NAMED, "a")).toEqual(chats.map((chatId) => ({ chatId })));
  expect(placesNamed(NAMED, "b")).toEqual([{ chatId: "elsewhere" }]);
  expect(placesNamed({ ...NAMED, auditHeadTo: undefined, canary: undefined }, "c")).toEqual([]);
});

test("are those of open conversations, too", async () => {
  bench = await createHubBench({});
  await bench.say("hello");
  const { store } = bench.life().journal;
  const [bound] = await store.find("bindings");
  const { account = "", chat = "" } = bound?.address ?? {};
  expect(await createPlacesInUse(store, [{ chatId: "ops" }, { chatId: chat }], account)()).toEqual([{ chatId: "ops" }, { chatId: chat }]);
  expect(await createPlacesInUse(store, [], account)()).toEqual([{ chatId: chat }]);
  expect(await createPlacesInUse(store, [], "another")()).toEqual([]);
});
