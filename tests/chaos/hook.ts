/** The fake HTTP platform's connector, for an account's `kind`. */
import hook from "../support/wire/hook/connector.ts";
import { mortal } from "./mortal-connector.ts";

export default mortal(hook);
