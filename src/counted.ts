/** "1 turn", "2 turns": a number and its noun, for people. Pure. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
