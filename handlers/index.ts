/** The handlers, in the order they are asked. */
import type { Handler } from "../src/contract/handler.ts";
import { approval } from "./approval.ts";
import { auditHead } from "./audit-head.ts";
import { canvas } from "./canvas.ts";
import { command } from "./command.ts";
import { deploy } from "./deploy.ts";
import { operatorMessage } from "./operator-message.ts";
import { progress } from "./progress.ts";
import { question } from "./question.ts";
import { usage } from "./usage.ts";

export const HANDLERS: readonly Handler[] = [operatorMessage, command, approval, question, progress, canvas, deploy, usage, auditHead];
