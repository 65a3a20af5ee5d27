/** The ways in which a program may write a secret it was given, and how such a text may arrive in pieces. Knows no rule of the hub. */
import type { Random } from "./random.ts";

export interface Encoding {
  readonly name: string;
  /** Undefined where a value cannot be written this way. */
  readonly encode: (value: string, random: Random) => string | undefined;
  /** What a program puts around it; nothing when absent. */
  readonly within?: (encoded: string) => string;
}

const bytesOf = (value: string): Buffer => Buffer.from(value, "utf8");
const swapCase = (text: string, { below }: Random): string =>
  [...text].map((letter) => (below(2) === 0 ? letter.toUpperCase() : letter.toLowerCase())).join("");
const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "/": "&#x2F;",
  "+": "&#43;",
  "=": "&#x3d;",
};
const percentAll = (value: string): string =>
  bytesOf(value)
    .toString("hex")
    .replace(/../g, (pair) => `%${pair}`);
const splitBy = (text: string, every: number, by: string): string => text.replace(new RegExp(`(.{${every}})(?=.)`, "gs"), `$1${by}`);
const jsonText = (value: string): string => JSON.stringify(value).slice(1, -1);
/** Of the base64 of all three the letters that hold nothing but the value. */
const inBase64 = (lead: string, value: string, tail: string): string => {
  const [before, inside] = [bytesOf(lead).length, bytesOf(value).length];
  const letters = bytesOf(lead + value + tail).toString("base64");
  return letters.slice(Math.ceil((before * 4) / 3), Math.floor(((before + inside) * 4) / 3));
};

export const ENCODINGS: readonly Encoding[] = [
  { name: "plain", encode: (value) => value },
  { name: "percent", encode: (value) => encodeURIComponent(value) },
  {
    name: "percent, strict",
    encode: (value) => encodeURIComponent(value).replace(/[!'()*~._-]/g, (one) => `%${bytesOf(one).toString("hex")}`),
  },
  { name: "percent, every byte", encode: percentAll },
  { name: "percent, mixed case", encode: (value, random) => percentAll(value).replace(/%../g, (escape) => swapCase(escape, random)) },
  { name: "percent, twice", encode: (value) => encodeURIComponent(encodeURIComponent(value)) },
  { name: "form", encode: (value) => new URLSearchParams({ a: value }).toString().slice(2) },
  { name: "json", encode: jsonText, within: (text) => `{"a":"${text}"}` },
  { name: "json in json", encode: (value) => jsonText(jsonText(value)), within: (text) => `"{\\"a\\":\\"${text}\\"}"` },
  { name: "json in json in json", encode: (value) => jsonText(jsonText(jsonText(value))) },
  {
    name: "json, all escaped",
    encode: (value) => value.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  },
  { name: "json, slashes escaped", encode: (value) => jsonText(value).replaceAll("/", "\\/") },
  {
    name: "hex escapes",
    encode: (value) =>
      /^[\x20-\x7e]*$/.test(value)
        ? bytesOf(value)
            .toString("hex")
            .replace(/../g, (pair) => `\\x${pair}`)
        : undefined,
  },
  { name: "html", encode: (value) => value.replace(/[&<>"'/+=]/g, (one) => HTML[one] ?? one) },
  { name: "html, decimal", encode: (value) => [...value].map((one) => `&#${one.codePointAt(0)};`).join("") },
  {
    name: "html, hexadecimal",
    encode: (value) => [...value].map((one) => `&#x${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()};`).join(""),
  },
  { name: "hex", encode: (value) => bytesOf(value).toString("hex") },
  { name: "hex, capitals", encode: (value) => bytesOf(value).toString("hex").toUpperCase() },
  { name: "hex, mixed case", encode: (value, random) => swapCase(bytesOf(value).toString("hex"), random) },
  { name: "hex, colons", encode: (value) => splitBy(bytesOf(value).toString("hex"), 2, ":") },
  { name: "hex dump", encode: (value) => splitBy(splitBy(bytesOf(value).toString("hex"), 2, " "), 48, "\n") },
  { name: "base64", encode: (value) => bytesOf(value).toString("base64") },
  { name: "base64url", encode: (value) => bytesOf(value).toString("base64url") },
  { name: "base64, one before", encode: (value) => inBase64(":", value, "") },
  { name: "base64, two before", encode: (value) => inBase64("u:", value, "\n") },
  { name: "base64, three before", encode: (value) => inBase64("me:", value, "@x") },
  {
    name: "base64url, in more",
    encode: (value) => inBase64('{"user":"anna","pass":"', value, '"}').replaceAll("+", "-").replaceAll("/", "_"),
  },
  { name: "base64, wrapped", encode: (value) => splitBy(inBase64("user:", value, "!"), 19, "\r\n") },
  { name: "base64, percent", encode: (value) => encodeURIComponent(bytesOf(value).toString("base64")) },
  { name: "over lines", encode: (value) => splitBy(value, 9, "\n") },
  { name: "over indented lines", encode: (value) => splitBy(value, 7, "\r\n      ") },
  { name: "over quoted lines", encode: (value) => splitBy(value, 8, "\n> ") },
  { name: "zero-width", encode: (value) => splitBy(value, 1, "\u200b") },
  { name: "soft hyphens", encode: (value) => splitBy(value, 5, "\u00ad") },
  { name: "joiners and marks", encode: (value, random) => splitBy(value, 3, random.pick(["\u200d", "\u2060", "\ufeff", "\u200e"])) },
  { name: "spaced out", encode: (value) => splitBy(value, 1, " ") },
  { name: "other line ends", encode: (value) => (value.includes("\n") ? value.replaceAll("\n", "\r\n") : undefined) },
  { name: "line ends written out", encode: (value) => (value.includes("\n") ? value.replaceAll("\n", "\\n") : undefined) },
  { name: "line ends as blanks", encode: (value) => (value.includes("\n") ? value.replaceAll("\n", " ") : undefined) },
];

/** The text in pieces: by single letters, by random lengths, or cut once at a random place. */
export function chunksOf(text: string, random: Random): string[] {
  const most = random.pick([1, 3, 11, text.length]);
  const chunks: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = 1 + random.below(most);
    chunks.push(text.slice(at, at + length));
    at += length;
  }
  return chunks;
}
