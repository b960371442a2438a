import { quietRestart } from "./quiet-restart.ts";

quietRestart();
