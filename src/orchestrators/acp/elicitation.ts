/** A form or an address an agent wants a person to see, as the hub's question, and the answer in the types the form asked for. Pure. */
import { questionAsk, type QuestionAsk } from "../../contract/orchestrator.ts";
import type { FormField } from "../../contract/message.ts";
import type { ElicitationRequest, Property } from "./wire.ts";

type Values = Readonly<Record<string, string | number | boolean>>;
type Content = Record<string, string | number | boolean | string[]>;
export type ElicitationAnswer = { readonly action: "accept"; readonly content?: Content } | { readonly action: "decline" | "cancel" };

/** The only field of a question that is about an address: the person says that it is done. */
const DONE = "done";
export const DONE_VALUES = { [DONE]: true };
/** The most a form of the contract offers; a longer list is asked for as text. */
const MAX_CHOICES = 25;

/** Undefined when the hub cannot ask it: no field, too many, or an address that is no http link. */
export function questionOf(request: ElicitationRequest): QuestionAsk | undefined {
  const schema = request.requestedSchema;
  const text = (request.message || schema?.description || schema?.title || "The agent asks for an answer.").slice(0, 4000);
  const ask =
    request.mode === "url"
      ? { text, url: request.url, fields: [{ name: DONE, label: "I have done it", kind: "boolean", required: true }] }
      : {
          text,
          fields: Object.entries(schema?.properties ?? {}).map(([name, property]) => fieldOf(name, property, schema?.required ?? [])),
        };
  if (request.mode === "url" && request.url === undefined) return undefined;
  const parsed = questionAsk.safeParse(ask);
  return parsed.success ? parsed.data : undefined;
}

function fieldOf(name: string, property: Property, required: readonly string[]): FormField {
  const label = [property.title ?? name, property.type === "array" ? `(several, with commas: ${listed(property)})` : ""].join(" ").trim();
  const options = property.type === "array" ? undefined : choicesOf(property);
  return {
    name,
    label: label.slice(0, 200),
    kind: options ? "choice" : kindOf(property.type),
    required: required.includes(name),
    ...(options ? { options } : {}),
  };
}

function kindOf(type: string): FormField["kind"] {
  if (type === "number" || type === "integer") return "number";
  return type === "boolean" ? "boolean" : "text";
}

function choicesOf(property: Property): { value: string; label: string }[] | undefined {
  const choices = property.oneOf ?? property.enum?.map((value) => ({ const: value, title: value }));
  return choices?.length && choices.length <= MAX_CHOICES
    ? choices.map((choice) => ({ value: choice.const, label: (choice.title ?? choice.const).slice(0, 200) }))
    : undefined;
}

function listed(property: Property): string {
  return (property.items?.anyOf?.map((choice) => choice.const) ?? property.items?.enum ?? []).join(", ");
}

/** `values` absent: the person does not want to answer. Undefined `answer`: nobody waits any more. */
export function elicitationAnswer(
  request: ElicitationRequest,
  answer: { readonly values?: Values | undefined } | undefined,
): ElicitationAnswer {
  if (answer === undefined) return { action: "cancel" };
  const { values } = answer;
  if (values === undefined) return { action: "decline" };
  if (request.mode === "url") return { action: isYes(values[DONE]) ? "accept" : "decline" };
  const content: Content = {};
  for (const [name, property] of Object.entries(request.requestedSchema?.properties ?? {})) {
    const value = values[name];
    if (value !== undefined && value !== "") content[name] = typed(value, property.type);
  }
  return { action: "accept", content };
}

function typed(value: string | number | boolean, type: string): string | number | boolean | string[] {
  switch (type) {
    case "number":
      return Number(value);
    case "integer":
      return Math.trunc(Number(value));
    case "boolean":
      return isYes(value);
    case "array":
      return String(value)
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean);
    default:
      return String(value);
  }
}

function isYes(value: string | number | boolean | undefined): boolean {
  return (
    value === true || value === 1 || (typeof value === "string" && ["true", "yes", "y", "1", "on"].includes(value.trim().toLowerCase()))
  );
}
