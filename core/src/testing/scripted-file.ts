import { MatrixError } from "../matrix/types.ts";

/** A file as text, one byte per character. */
export interface ScriptedFile {
  readonly bytes: string;
  readonly mime: string;
  readonly name: string | undefined;
}

/** All of it; a source that breaks off ends in an error. */
export const bytesOf = async (body: ReadableStream<Uint8Array>): Promise<string> => {
  try {
    return await new Response(body).text();
  } catch (cause) {
    throw new MatrixError("SOURCE", "The file was not uploaded: its source broke off.", {
      status: 0,
      reached: "no",
      cause,
    });
  }
};
