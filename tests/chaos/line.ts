/** The fake line platform's connector, for an account's `kind`. */
import line from "../support/wire/line/connector.ts";
import { mortal } from "./mortal-connector.ts";

export default mortal(line);
