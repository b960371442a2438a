import type { Line } from "../line.ts";
import { batches, pastEvents } from "./table.ts";

interface Open {
  readonly type: string;
  readonly params: readonly string[];
  readonly parent: string | undefined;
  /** Of its lines, where all of them are one message. */
  said: string | undefined;
}

interface Asked {
  has(cap: string): boolean;
}

/** Batches that a server has begun and not ended (IRCv3 batch). */
export class OpenBatches {
  readonly #open = new Map<string, Open>();
  #inHistory = false;

  get ids(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Whether the line that was pushed last tells of the past. */
  get inHistory(): boolean {
    return this.#inHistory;
  }

  /** One line: what is wrong with its place. */
  push(line: Line, asked: Asked): readonly string[] {
    const around = line.tags.get("batch");
    const open = around === undefined ? undefined : this.#open.get(around);
    this.#inHistory = this.#tellsPast(around);
    const faults: string[] = [];
    if (around !== undefined && open === undefined) {
      faults.push(`a line of the batch ${around}, which is not open`);
    }
    if (open !== undefined) faults.push(...insideFaults(open, line, asked));
    if (line.command === "BATCH") faults.push(...this.#mark(line, around));
    return faults;
  }

  #tellsPast(id: string | undefined): boolean {
    const open = this.#open.get(id ?? "");
    if (open === undefined) return false;
    return /chathistory|playback/.test(open.type) || this.#tellsPast(open.parent);
  }

  #mark({ params: [mark = "", type = "", ...params] }: Line, around: string | undefined) {
    const id = mark.slice(1);
    if (mark.startsWith("-") && id !== "") return this.#end(id, type);
    if (!/^\+[A-Za-z0-9-]+$/.test(mark)) return [`the batch ${mark}`];
    const faults = this.#open.has(id) ? [`the batch ${id} twice`] : [];
    const form = batches.get(type);
    if (form === undefined && !type.includes("/")) faults.push(`a batch of type ${type}`);
    if (form !== undefined && form.params !== params.length) {
      faults.push(`a ${type} batch of ${params.length} parameters`);
    }
    this.#open.set(id, { type, params, parent: around, said: undefined });
    return faults;
  }

  #end(id: string, type: string): readonly string[] {
    const faults = type === "" ? [] : ["the end of a batch with parameters"];
    if (!this.#open.delete(id)) faults.push(`the end of the batch ${id}, which is not open`);
    for (const [inner, { parent }] of this.#open) {
      if (parent === id) faults.push(`the batch ${inner} is longer than the one around it`);
    }
    return faults;
  }
}

function insideFaults(open: Open, line: Line, asked: Asked): readonly string[] {
  const { type, params } = open;
  const { command, tags, source } = line;
  if (command === "BATCH" && line.params[0]?.startsWith("-")) return [];
  const faults: string[] = [];
  const holds = batches.get(type)?.holds;
  if (holds !== undefined && !holds.test(command)) faults.push(`${command} in a ${type} batch`);
  const event = pastEvents.test(command) && type === "chathistory";
  if (event && !asked.has("draft/event-playback")) {
    faults.push(`${command} of the past without draft/event-playback`);
  }
  if (type === "chathistory" && asked.has("server-time") && !tags.has("time")) {
    faults.push("a line of the past without its time");
  }
  if (type !== "draft/multiline") return faults;
  const said = `${source ?? ""} ${command}`;
  open.said ??= said;
  if (open.said !== said) faults.push("a message of two sorts");
  if (line.params[0] !== params[0]) faults.push("a message for two targets");
  return faults;
}
