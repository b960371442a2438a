import { killedInActs } from "./killed-in-acts.ts";

killedInActs();
