/** Reports of any service, read by a map of the configuration: for each field where it stands in the body. Pure. */
import { DEPLOY_STATES, SETUP_STATES } from "../../contract/message.ts";
import { deployNews, type DeployNews } from "../../contract/orchestrator.ts";
import { cut, cutFront, link, moment, own, secureLink } from "./cut.ts";
import type { MappedField, MappedShape, Read } from "./webhook.ts";

/** Throws a ZodError for a body without an app. */
export function readMapped(body: unknown, { fields, states, setupStates }: MappedShape): Read {
  const at = (field: MappedField): string | undefined => wordsAt(body, fields[field]);
  const given = at("state");
  const state = given === undefined ? undefined : (own(states, given) ?? DEPLOY_STATES.find((one) => one === given));
  const setup = setupOf(at, setupStates);
  if (state === undefined && !setup) return { ignored: given === undefined ? "a body without a state" : `the state ${given.slice(0, 60)}` };
  const news = {
    deploy_id: cut(at("deploy_id"), 200),
    app: cut(at("app"), 100),
    environment: cut(at("environment"), 60),
    state,
    setup,
    revision: {
      sha: cut(at("sha"), 64),
      ref: cut(at("ref"), 200),
      subject: cut(at("subject"), 300),
      author: cut(at("author"), 200),
      repository: link.parse(at("repository")),
    },
    began_at: moment.parse(numberOr(at("began_at"))),
    urls: { live: link.parse(at("live")), preview: link.parse(at("preview")), logs: link.parse(at("logs")) },
    failure_tail: state === "failed" ? cutFront(at("failure_tail"), 20_000) : undefined,
  };
  return { news: deployNews.parse(news) };
}

/** Undefined for a body that speaks of no set-up, or of a state of it that is not known. */
function setupOf(at: (field: MappedField) => string | undefined, states: MappedShape["setupStates"]): DeployNews["setup"] {
  const [kind, name, given = ""] = [at("setup_kind"), at("setup_name"), at("setup_state")];
  const state = own(states, given) ?? SETUP_STATES.find((one) => one === given);
  if (kind === undefined || name === undefined || state === undefined) return undefined;
  return { kind, name: name.slice(0, 100), state, detail: cut(at("setup_detail"), 300), url: secureLink.parse(at("setup_url")) };
}

/** `build.steps.0.log`. Only what a body says itself: nothing inherited. */
function wordsAt(body: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let found: unknown = body;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  const words = typeof found === "string" || typeof found === "number" ? String(found).trim() : "";
  return words === "" ? undefined : words;
}

function numberOr(words: string | undefined): string | number | undefined {
  return words !== undefined && /^\d+(?:\.\d+)?$/.test(words) ? Number(words) : words;
}
