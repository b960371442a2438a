import type { Json, Log, LogData } from "../adapter/index.ts";
import { safeData, tame } from "./redact.ts";

const levels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof levels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** `pretty` for people, `json` for collectors: one object a line. */
  readonly format: "json" | "pretty";
  /** Takes one whole line with its line break. */
  write(line: string): void;
  readonly now?: () => number;
}

/** A log whose level changes while it runs; its children share it. */
export interface BoxLog extends Log {
  /** The same log with fields that every line of it carries. */
  child(fields: LogData): BoxLog;
  setLevel(level: LogLevel): void;
}

type Line = (level: LogLevel, message: string, fields: Readonly<Record<string, Json>>) => string;

const reserved: ReadonlySet<string> = new Set(["time", "level", "message"]);

const jsonLine =
  (now: () => number): Line =>
  (level, message, fields) => {
    const own = Object.entries(fields).map(([key, value]) => [
      reserved.has(key) ? `${key}_` : key,
      value,
    ]);
    const head = { time: new Date(now()).toISOString(), level, message };
    return JSON.stringify({ ...head, ...Object.fromEntries(own) });
  };

const shown = (value: Json): string =>
  typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

const prettyLine =
  (now: () => number): Line =>
  (level, message, fields) => {
    const head = `${new Date(now()).toISOString().slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}`;
    return [head, ...Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`)].join(
      " ",
    );
  };

/** The only way to a log line: whatever is given to it, no secret and no forged line comes out. */
export const createLog = (options: LogOptions): BoxLog => {
  const now = options.now ?? Date.now;
  const line = options.format === "json" ? jsonLine(now) : prettyLine(now);
  let least = levels.indexOf(options.level);

  const withFields = (fields: LogData): BoxLog => {
    const at = (level: LogLevel) => (message: string, data?: LogData) => {
      if (levels.indexOf(level) < least) return;
      options.write(`${line(level, tame(message), safeData({ ...fields, ...data }))}\n`);
    };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => withFields({ ...fields, ...more }),
      setLevel: (level) => {
        least = levels.indexOf(level);
      },
    };
  };
  return withFields({});
};
