import { killedWhileDeleted } from "./killed-while-deleted.ts";
import { killedWhileMade } from "./killed-while-made.ts";

killedWhileMade();
killedWhileDeleted();
