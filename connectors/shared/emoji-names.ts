/** The names some platforms have for emoji: of those the hub uses. Pure. */

const NAMES: Readonly<Record<string, string>> = {
  "👀": "eyes",
  "✅": "white_check_mark",
  "❌": "x",
  "⏳": "hourglass_flowing_sand",
  "👍": "thumbsup",
  "👎": "thumbsdown",
  "🎉": "tada",
  "⚠️": "warning",
};

/** Undefined for any other. */
export const emojiName = (emoji: string): string | undefined => NAMES[emoji];
