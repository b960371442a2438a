import { contract } from "@bridgebox/core/testing";
import { example } from "@bridgebox/example";
import { openCave } from "./cave.ts";

contract(example, { start: openCave });
