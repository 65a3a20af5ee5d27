/** What is set up for an app beside its deploys, as HTML: how far each is, and what somebody must do for it. Pure. */
import { html } from "hono/html";
import { type AppSetup, type AppSetupState, SETUP_WORDS } from "../../contract/message.ts";
import { aloud, copyBlock, type Html, linkTo, NOTHING, plain } from "./marks.ts";

/** It stays as it is until somebody does something. */
export function needsSomebody({ state }: AppSetup): boolean {
  return state === "records" || state === "conflict" || state === "credential" || state === "failed";
}

export function setupClass(setup: AppSetup): string {
  if (setup.state === "live" || setup.state === "done") return "live";
  return needsSomebody(setup) ? "trouble" : "building";
}

export function setupsSection(setups: readonly AppSetup[]): Html {
  if (setups.length === 0) return NOTHING;
  return html`<section class="setups" aria-labelledby="setups">
    <h2 id="setups">Set up for this app</h2>
    <ul>
      ${setups.map(setupItem)}
    </ul>
  </section>`;
}

function setupItem(setup: AppSetup): Html {
  const { kind, name, state, records = [], detail, url } = setup;
  const advice = adviceFor(setup);
  return html`<li class="setup ${setupClass(setup)}" data-said="${plain(name)}: ${SETUP_WORDS[state]}">
    <div class="title">
      <h3>${plain(name)} <small>${plain(kind)}</small></h3>
      <strong class="state">${SETUP_WORDS[state]}</strong>
    </div>
    ${kind === "domain" ? domainSteps(state) : NOTHING} ${advice === undefined ? NOTHING : html`<p>${advice}</p>`}
    ${detail ? html`<p>${plain(detail)}</p>` : NOTHING} ${url === undefined ? NOTHING : html`<p class="where">${linkTo(url)}</p>`}
    ${kind === "domain" && state === "live" ? html`<p class="where">${linkTo(`https://${name}`)}</p>` : NOTHING}
    ${records.length === 0 || state === "live" ? NOTHING : copyBlock(records.join("\n"), `Records of ${plain(name)}`)}
  </li>`;
}

/** What its state alone does not say. */
function adviceFor({ state, url }: AppSetup): string | undefined {
  switch (state) {
    case "records":
      return "They are set where the domain is managed.";
    case "certificate":
      return "The records are found; its certificate is on the way.";
    case "conflict":
      return "Take it off there, or use another name.";
    case "credential":
      return `It is missing or wrong, and ${url === undefined ? "asked for elsewhere" : "entered here"}.`;
    default:
      return undefined;
  }
}

const DOMAIN_STEPS = [
  { state: "records", words: "Records" },
  { state: "certificate", words: "Certificate" },
  { state: "live", words: "Live with HTTPS" },
] as const;

/** The way of a domain; of one that left it nothing is known but why. */
function domainSteps(state: AppSetupState): Html {
  const reached = DOMAIN_STEPS.findIndex((step) => step.state === state);
  if (reached === -1) return NOTHING;
  const steps = DOMAIN_STEPS.map(({ words }, at) => {
    if (at < reached || state === "live") return html`<li class="done"><span aria-hidden="true">✓</span> ${words}${aloud(", done")}</li>`;
    return at === reached
      ? html`<li class="next" aria-current="step"><span aria-hidden="true">◐</span> ${words}</li>`
      : html`<li><span aria-hidden="true">○</span> ${words}</li>`;
  });
  return html`<ol class="domain-steps">
    ${steps}
  </ol>`;
}
