/** A person's words as the answer to a form. Pure. */
import type { FormField } from "../contract/message.ts";

export type Values = Readonly<Record<string, string | number | boolean>>;
export type Parsed = { readonly values: Values } | { readonly problem: string };

/**
 * One field: the whole text is its value; a choice by number, value or label. Several fields: one a line in the form's order, or
 * `name: value` lines in any order.
 */
export function parseAnswer(fields: readonly FormField[], text: string): Parsed {
  const trimmed = text.trim();
  if (fields.length === 1 && fields[0]) return collect([[fields[0], trimmed]]);
  const lines = trimmed
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const named = lines.map((line) => /^([^:=]{1,64})[:=]\s*(.*)$/.exec(line));
  const pairs = fields.map((field, index): [FormField, string] => {
    const own = named.find((match) => match?.[1] && isNameOf(field, match[1]));
    return [
      field,
      own?.[2] ?? (named.some((match) => match && fields.some((other) => isNameOf(other, match[1] ?? ""))) ? "" : (lines[index] ?? "")),
    ];
  });
  return collect(pairs);
}

/** Values as a form gives them, by field name. */
export function parseForm(fields: readonly FormField[], given: Readonly<Record<string, string>>): Parsed {
  return collect(fields.map((field) => [field, given[field.name] ?? ""]));
}

function isNameOf(field: FormField, typed: string): boolean {
  const name = typed.trim().toLowerCase();
  return name === field.name.toLowerCase() || name === field.label.toLowerCase();
}

function collect(pairs: readonly (readonly [FormField, string])[]): Parsed {
  const values: Record<string, string | number | boolean> = {};
  for (const [field, text] of pairs) {
    if (text === "") {
      if (field.required || pairs.length === 1) return { problem: `"${field.label}" needs an answer.` };
      continue;
    }
    const value = valueOf(field, text);
    if (value === undefined) return { problem: expectation(field) };
    values[field.name] = value;
  }
  return { values };
}

function valueOf(field: FormField, text: string): string | number | boolean | undefined {
  switch (field.kind) {
    case "text":
      return text;
    case "number":
      return Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "boolean":
      if (/^(y|yes|true|ok|done|1)$/i.test(text)) return true;
      return /^(n|no|false|0)$/i.test(text) ? false : undefined;
    case "choice": {
      const options = field.options ?? [];
      const lower = text.toLowerCase();
      return (
        options.find(({ value, label }) => value.toLowerCase() === lower || label.toLowerCase() === lower) ?? options[Number(text) - 1]
      )?.value;
    }
    default:
      return field.kind satisfies never;
  }
}

function expectation(field: FormField): string {
  if (field.kind === "number") return `"${field.label}" needs a number.`;
  if (field.kind === "boolean") return `"${field.label}" needs yes or no.`;
  return `"${field.label}" needs one of: ${(field.options ?? []).map(({ label }, index) => `${index + 1}. ${label}`).join(", ")}.`;
}
