import { killedWhileMade } from "./killed-while-made.ts";

killedWhileMade();
