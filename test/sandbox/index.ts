import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseFolder } from "./folder.ts";
import { servePage } from "./page-server.ts";
import { openStage } from "./stage.ts";

export interface SandboxOptions {
  /** Of the page; without it 29380, or the next free one. */
  readonly port?: number;
  /** Where everything is kept; without it `.cache/sandbox` in the repository. */
  readonly dir?: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Sandbox {
  readonly url: string;
  close(): Promise<void>;
}

const home = fileURLToPath(new URL("../../.cache/sandbox", import.meta.url));

/** Who has a config may have forgotten to name it; everybody else has none yet. */
const ownBox = (): string =>
  existsSync("config.yaml") ? "npm start -- -c config.yaml" : "npm run init";

/**
 * What a newcomer sees: a homeserver, chat networks, the real box between them as a process of its
 * own, and one page that shows all sides. Everything is on this computer.
 */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { print, signal } = options;
  const dir = options.dir ?? chooseFolder(home);
  const stage = await openStage({ dir, signal });
  try {
    const page = await servePage({ ...stage, port: options.port });
    const url = `http://127.0.0.1:${page.port}/`;
    print(`The sandbox is at ${url} – nothing here leaves this computer.`);
    print(`Ctrl-C ends it. A box of your own: ${ownBox()}`);
    return {
      url,
      close: async () => {
        await page.close();
        await stage.close();
        const only = options.dir ?? home;
        if (dir === only) rmSync(join(dir, "pid"), { force: true });
        else rmSync(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stage.close();
    throw error;
  }
};
