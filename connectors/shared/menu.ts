/** The hub's commands as the menus of platforms list them, in a few words each. What is said by `!` is the same. Pure. */

/** What is typed behind the platform's one command, `/mos status`, as it is said: `!status`. */
export const commandOf = (typed: string): string => `!${typed.trim().replace(/^!/, "") || "help"}`;

export const MENU: Readonly<Record<string, string>> = {
  help: "What you can say",
  status: "What is going on in this conversation",
  health: "Whether everything is connected",
  new: "Begin a new conversation here",
  stop: "Stop what is being done",
  queue: "What waits here",
  drop: "Take back what waits",
  sessions: "The conversations there are",
  usage: "What was used so far",
  where: "Where this conversation lives",
  approvals: "What waits for a decision",
  approve: "approve CODE",
  deny: "deny CODE and why",
  deploys: "The latest deploys",
  follow: "Hear of deploys here: follow APP",
  unfollow: "Take that back: unfollow APP",
  mute: "Hear no longer of them: mute APP",
  unmute: "Take that back: unmute APP",
  rollback: "Ask for the revision before: rollback APP",
  promote: "Ask for it elsewhere: promote APP FROM",
  pair: "For admins: who asks to be known",
};
