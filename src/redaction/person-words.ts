/** What of a person's event is words, in which a registered secret becomes its reference before anybody keeps it. Ids are left alone. */
import type { Attachment, PersonEvent } from "../contract/message.ts";

export function hideInEvent(event: PersonEvent, hide: (text: string) => string): PersonEvent {
  const senderName = event.senderName && hide(event.senderName);
  switch (event.type) {
    case "message":
      return { ...event, senderName, text: hide(event.text), attachments: event.attachments?.map((file) => hideInName(file, hide)) };
    case "edited":
      return { ...event, senderName, text: hide(event.text) };
    case "action": {
      const values = event.values && Object.fromEntries(Object.entries(event.values).map(([name, value]) => [name, hide(value)]));
      return { ...event, senderName, choice: hide(event.choice), values };
    }
    case "deleted":
    case "joined":
    case "moved":
      return { ...event, senderName };
    default:
      return event satisfies never;
  }
}

function hideInName(file: Attachment, hide: (text: string) => string): Attachment {
  return { ...file, name: hide(file.name) };
}
