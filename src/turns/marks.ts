/** The words around a turn that was interrupted. Pure. */

/** The visible mark in front of a prompt that the agent may have seen before. */
export function markPrompt(text: string, reason: string): string {
  return `[delivered again ${reason}; you may have seen this message already]\n${text}`;
}

export const AFTER_HUB_RESTART = "after a restart of the hub";
export const NOT_CONFIRMED = "because you did not confirm it";
/** At the end of what was shown of an answer that was interrupted. */
export const CUT_OFF = "*(cut off here)*";
export const AFTER_AGENT_CRASH = "after you stopped unexpectedly";

/** What the thread is told when its turn is delivered again. */
export function toldAgain(alias: string, reason: string): string {
  return reason === AFTER_HUB_RESTART
    ? `The hub was restarted while ${alias} was working on this. Your message has been delivered again, marked as a possible duplicate.`
    : `${alias} did not finish this. Your message has been delivered again, marked as a possible duplicate.`;
}

/** `reason`: of the interruption that was one too many. */
export function gaveUp(alias: string, reason: string | undefined): string {
  return reason === AFTER_HUB_RESTART
    ? `The hub was restarted again while ${alias} was working on this, so your message is not delivered a third time. Send it again if it is still wanted.`
    : `${alias} stopped unexpectedly on this message more than once, so it is not delivered again. Send it again when the cause is mended.`;
}
