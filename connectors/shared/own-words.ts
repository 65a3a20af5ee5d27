/** Words that are meant for the hub wherever they are said, also where nobody mentions it. Pure. */

/** `!mos status` is `!status`. */
export const OWN_COMMAND = /^!mos\s+!?(?=\S)/i;
/** A decision, which nobody types by chance. */
export const TYPED_DECISION = /^!?(approve|deny|answer)\s+[A-Z0-9]{3}-?[A-Z0-9]{3}\b/i;
