/**
 * The name of a file as people may see it. Pure. It never names anything on a disk of the hub; in an agent's workspace it is one part of a path.
 * Invariant: 1 to 120 UTF-16 units, no separator, no control, bidi or otherwise invisible character, no leading dot, not a device's name.
 */

const MAX_UNITS = 120;
/** Of an extension that is kept when a name is cut. */
const MAX_EXTENSION = 16;
const NAMELESS = "file";

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** What separates parts of a path or is refused in one by some system. */
const FORBIDDEN = /[/\\:*?"<>|]/g;
/** Names of devices on Windows, whatever their extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Of a path only its last part counts. The same text always gives the same name. */
export function safeFileName(given: string): string {
  const last =
    given
      .replace(INVISIBLE, "")
      .split(/[/\\]/)
      .findLast((part) => trimmed(part) !== "") ?? "";
  const name = shortened(trimmed(last.replace(FORBIDDEN, "_").replace(/\p{Zs}+/gu, " ")));
  if (name === "") return NAMELESS;
  return DEVICE.test(name) ? `_${shortened(name, MAX_UNITS - 1)}` : name;
}

/** The extension in lower case without its dot; empty when there is none. */
export function extensionOf(name: string): string {
  return (/[^.]\.([A-Za-z0-9]{1,16})$/.exec(name)?.[1] ?? "").toLowerCase();
}

/** `a.txt` as `a-2.txt`, as short as before. */
export function numberedFileName(name: string, number: number): string {
  const { stem, extension } = parted(name);
  const suffix = `-${number}${extension}`;
  return `${cut(stem, MAX_UNITS - suffix.length)}${suffix}`;
}

function trimmed(text: string): string {
  return text.replace(/^[.\s]+|[.\s]+$/g, "");
}

function shortened(name: string, max = MAX_UNITS): string {
  if (name.length <= max) return name;
  const { stem, extension } = parted(name);
  return `${trimmed(cut(stem, max - extension.length)) || NAMELESS}${extension}`;
}

function parted(name: string): { readonly stem: string; readonly extension: string } {
  const at = name.lastIndexOf(".");
  if (at <= 0 || name.length - at > MAX_EXTENSION) return { stem: name, extension: "" };
  return { stem: name.slice(0, at), extension: name.slice(at) };
}

/** Never between the halves of one character. */
function cut(text: string, max: number): string {
  const short = text.slice(0, max);
  return /[\uD800-\uDBFF]$/.test(short) ? short.slice(0, -1) : short;
}
