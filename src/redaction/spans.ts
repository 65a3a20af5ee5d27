/** Places in a text and what stands there. Pure. */

export interface Span {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly name: string;
}

/** Without overlaps, in the order of the text. What overlaps goes as one, under the name of the longest of those that begin first. */
export function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (!last || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end };
  }
  return merged;
}

/** `spans` as `merge` gives them. */
export function replaceSpans(text: string, spans: readonly Span[], mark: (name: string) => string): string {
  if (spans.length === 0) return text;
  let done = 0;
  let out = "";
  for (const { start, end, name } of spans) {
    out += text.slice(done, start) + mark(name);
    done = end;
  }
  return out + text.slice(done);
}

/** Every place at which one of `parts` stands. */
export function placesOf(text: string, parts: readonly string[]): Span[] {
  const places: Span[] = [];
  for (const part of parts) {
    if (part === "") continue;
    for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length))
      places.push({ start: at, end: at + part.length, name: "" });
  }
  return merge(places);
}

/** What of the spans lies in none of `places`, which are as `merge` gives them. */
export function outside(spans: readonly Span[], places: readonly Span[]): readonly Span[] {
  if (places.length === 0) return spans;
  return spans.flatMap((span) => {
    const pieces: Span[] = [];
    let { start } = span;
    for (const place of places) {
      if (place.end <= start || place.start >= span.end) continue;
      if (place.start > start) pieces.push({ ...span, start, end: place.start });
      start = place.end;
    }
    return start < span.end ? [...pieces, { ...span, start }] : pieces;
  });
}
