/** How far one window of an orchestrator's budget is used. The id is orchestrator and window. */
export interface BudgetFields {
  orchestrator: string;
  /** As its provider calls it, such as `5h` or `week`. */
  window: string;
  /** 1 is all of it, more is overdrawn. */
  usedShare: number;
  /** Epoch ms; null when nobody knows. */
  resetsAt: number | null;
  /** Who says when it resets. */
  confidence: "user" | "provider" | "estimated" | "unknown";
  /** The first report of this window. */
  since: { readonly at: number; readonly usedShare: number };
  /** The last report of each hour of this window, oldest first. */
  hours: readonly { readonly at: number; readonly usedShare: number }[];
  /** The highest share people were told of in this window. */
  warned: number;
  /** People were told, or need not be told any more, that it will not last. */
  isPaceTold: boolean;
}
