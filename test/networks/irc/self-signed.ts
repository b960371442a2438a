import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A fresh key and certificate for 127.0.0.1, made with the openssl command; nothing of it stays on disk. */
export async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  const dir = await mkdtemp(join(tmpdir(), "irc-cert-"));
  try {
    const key = join(dir, "key.pem");
    const cert = join(dir, "cert.pem");
    const what = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const who = ["-subj", "/CN=irc.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    await run("openssl", ["req", "-x509", ...what, ...who, "-keyout", key, "-out", cert]);
    return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
