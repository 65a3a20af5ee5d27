/** What a bot may do in a channel, and what it ought to. Pure. Discord Developer Docs, Permissions, "Permission Hierarchy" (2026). */
import { z } from "zod";

/** By the names Discord's own pages show. */
const NEEDED: Readonly<Record<string, bigint>> = {
  "View Channel": 1n << 10n,
  "Send Messages": 1n << 11n,
  "Send Messages in Threads": 1n << 38n,
  "Create Public Threads": 1n << 35n,
  "Read Message History": 1n << 16n,
  "Add Reactions": 1n << 6n,
  "Attach Files": 1n << 15n,
};
const ADMINISTRATOR = 1n << 3n;

export const rolesShape = z.array(z.object({ id: z.string(), permissions: z.string() }));
export const overwritesShape = z.array(z.object({ id: z.string(), allow: z.string(), deny: z.string() })).default([]);

export interface Standing {
  readonly guildId: string;
  readonly botId: string;
  /** All roles of the server, and those of the bot. */
  readonly roles: z.infer<typeof rolesShape>;
  readonly own: readonly string[];
  readonly overwrites: z.infer<typeof overwritesShape>;
}

/** Names of what is missing: base from the roles, then what the channel changes for everyone, for roles, and for the bot itself. */
export function missing({ guildId, botId, roles, own, overwrites }: Standing): string[] {
  const base = roles.filter(({ id }) => id === guildId || own.includes(id)).reduce((bits, role) => bits | BigInt(role.permissions), 0n);
  if ((base & ADMINISTRATOR) !== 0n) return [];
  const bits = [[guildId], own, [botId]].reduce((before, ids) => {
    const changes = overwrites.filter(({ id }) => ids.includes(id));
    const denied = changes.reduce((all, { deny }) => all | BigInt(deny), 0n);
    return changes.reduce((all, { allow }) => all | BigInt(allow), before & ~denied);
  }, base);
  return Object.keys(NEEDED).filter((name) => (bits & (NEEDED[name] ?? 0n)) === 0n);
}

/** The page on which somebody adds the bot to a server with all it needs. */
export function inviteLink(applicationId: string): string {
  const permissions = Object.values(NEEDED).reduce((bits, bit) => bits | bit, 0n);
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands&permissions=${permissions}`;
}
