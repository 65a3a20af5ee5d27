/**
 * What an agent lets people choose in a session: its configuration options and, of agents that have none for it, its modes, as one list.
 * Pure but for what it remembers. Invariant: a wish is passed on once; what the agent changes by itself afterwards stands.
 */
import { methods } from "@agentclientprotocol/sdk/unstable";
import type { AgentOption } from "../../contract/orchestrator.ts";
import type { ConfigOption, Modes } from "./wire.ts";

/** Of agents that offer modes apart from their options. */
const MODE = "mode";
const SWITCH = [
  { value: "on", label: "on" },
  { value: "off", label: "off" },
] as const;

export interface Choosing {
  readonly method: string;
  readonly params: object;
}

export interface Options {
  /** Undefined before the agent has said anything of it. */
  list(): readonly AgentOption[] | undefined;
  /** What is told of them when a session is opened or changes. Undefined leaves what was known. */
  learn(told: { readonly configOptions?: readonly ConfigOption[] | null | undefined; readonly modes?: Modes | null | undefined }): void;
  modeIs(modeId: string): void;
  /** The value of the option of this category; undefined when there is none. */
  valueOf(category: string): string | undefined;
  /** The request that chooses; undefined when it is not on offer or chosen already. */
  choosing(name: string, value: string): Choosing | undefined;
  /** After that request. */
  chosen(name: string, value: string): void;
}

export function createOptions(): Options {
  let config: readonly ConfigOption[] | undefined;
  let modes: Modes | undefined;

  const hasOwnMode = (): boolean => config?.some(isMode) ?? false;
  const list = (): AgentOption[] => [...(modes && !hasOwnMode() ? [ofModes(modes)] : []), ...(config ?? []).map(ofConfig)];

  return {
    list: () => (config || modes ? list() : undefined),
    learn(told) {
      config = told.configOptions ?? config;
      modes = told.modes ?? modes;
    },
    modeIs(currentModeId) {
      if (modes) modes = { ...modes, currentModeId };
      config = config?.map((option) => (isMode(option) ? { ...option, currentValue: currentModeId } : option));
    },
    valueOf(category) {
      const value = config?.find((option) => option.category === category)?.currentValue;
      return typeof value === "string" && value !== "" ? value : undefined;
    },
    choosing(name, value) {
      const option = list().find((known) => known.name === name);
      if (!option || option.value === value || !option.values.some((known) => known.value === value)) return undefined;
      const found = config?.find(({ id }) => id === name);
      if (!found) return { method: methods.agent.session.setMode, params: { modeId: value } };
      const chosen = found.type === "boolean" ? { type: "boolean", value: value === "on" } : { value };
      return { method: methods.agent.session.setConfigOption, params: { configId: name, ...chosen } };
    },
    chosen(name, value) {
      if (config?.some(({ id }) => id === name))
        config = config.map((option) =>
          option.id === name ? { ...option, currentValue: option.type === "boolean" ? value === "on" : value } : option,
        );
      else if (modes) modes = { ...modes, currentModeId: value };
    },
  };
}

function isMode({ id, category }: ConfigOption): boolean {
  return category === MODE || id === MODE;
}

function ofModes({ currentModeId, availableModes }: Modes): AgentOption {
  return {
    name: MODE,
    label: "Mode",
    value: currentModeId,
    values: availableModes.map(({ id, name }) => ({ value: id, label: name ?? id })),
  };
}

function ofConfig({ id, name, type, currentValue, options }: ConfigOption): AgentOption {
  const label = name ?? id;
  if (type === "boolean") return { name: id, label, value: currentValue === true ? "on" : "off", values: SWITCH };
  const values = (options ?? []).flatMap((one) => ("options" in one ? one.options : [one]));
  return {
    name: id,
    label,
    value: String(currentValue),
    values: values.map(({ value, name: title }) => ({ value, label: title ?? value })),
  };
}
