/**
 * Finds many literals in one pass. Knows nothing of what they mean. Invariant: the work is proportional to the text, whatever it holds:
 * at each place only literals that begin with the letters there are compared.
 */

export interface Literal {
  readonly text: string;
  /** The case of ASCII letters does not count; `text` is then in lower case. */
  readonly anyCase?: boolean | undefined;
}

export interface Hit<L extends Literal> {
  readonly literal: L;
  readonly at: number;
}

export interface LiteralIndex<L extends Literal> {
  /** Every literal at every place, in the order of the text. */
  find(text: string, found: (hit: Hit<L>) => void): void;
  /**
   * The first place from which the rest of the text, `leastChars` or more, is the beginning of a literal longer than that rest; the text's
   * length when there is none.
   */
  beginningAt(text: string, leastChars: number): number;
}

const SLOTS = 1 << 16;

/** Literals shorter than `headChars` are never found. */
export function createLiteralIndex<L extends Literal>(literals: readonly L[], headChars: number): LiteralIndex<L> {
  const bySlot = new Map<number, L[]>();
  const used = new Uint8Array(SLOTS);
  const beginnings = shortBeginnings(literals.filter(({ anyCase }) => !anyCase));
  const caseless = shortBeginnings(literals.filter(({ anyCase }) => anyCase));
  const longest = literals.reduce((most, { text }) => Math.max(most, text.length), 0);
  for (const literal of literals) {
    if (literal.text.length < headChars) continue;
    const slot = slotAt(literal.text, 0, headChars);
    used[slot] = 1;
    const others = bySlot.get(slot);
    if (others) others.push(literal);
    else bySlot.set(slot, [literal]);
  }

  function find(text: string, found: (hit: Hit<L>) => void): void {
    for (let at = 0; at + headChars <= text.length; at += 1) {
      const slot = slotAt(text, at, headChars);
      if (used[slot] === 0) continue;
      for (const literal of bySlot.get(slot) ?? []) if (stands(literal, text, at)) found({ literal, at });
    }
  }

  function beginningAt(text: string, leastChars: number): number {
    for (let at = Math.max(0, text.length - longest); at + leastChars <= text.length; at += 1) {
      if (at + headChars > text.length) {
        if (beginnings.has(text.slice(at)) || caseless.has(text.slice(at).toLowerCase())) return at;
        continue;
      }
      const near = bySlot.get(slotAt(text, at, headChars)) ?? [];
      if (near.some((literal) => literal.text.length > text.length - at && startsWith(literal, text.slice(at)))) return at;
    }
    return text.length;
  }

  return { find, beginningAt };

  function shortBeginnings(of: readonly L[]): ReadonlySet<string> {
    return new Set(of.flatMap(({ text }) => Array.from({ length: headChars - 1 }, (_, at) => text.slice(0, at + 1))));
  }
}

/** Letters that differ only in ASCII case share a slot. */
function slotAt(text: string, at: number, headChars: number): number {
  let hash = 0;
  for (let offset = 0; offset < headChars; offset += 1) hash = (Math.imul(hash, 0x01000193) ^ (text.charCodeAt(at + offset) | 0x20)) >>> 0;
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}

function stands({ text: literal, anyCase }: Literal, text: string, at: number): boolean {
  if (!anyCase) return text.startsWith(literal, at);
  return text.slice(at, at + literal.length).toLowerCase() === literal;
}

function startsWith({ text: literal, anyCase }: Literal, rest: string): boolean {
  return literal.startsWith(anyCase ? rest.toLowerCase() : rest);
}
