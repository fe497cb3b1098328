import { Broken } from './export-records.ts';

const LINE_FEED = 10;

/** Bytes of one line: none that we write comes near it. */
const LONGEST = 16 * 1024 * 1024;

/**
 * The lines of a file without their line feeds; only the last one may lack it (`ended` is false then). Throws `Broken` for a
 * line that would fill the memory.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ bytes: Uint8Array; ended: boolean }> {
  let rest: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      yield { bytes: Buffer.concat([...rest, chunk.subarray(from, at)]), ended: true };
      rest = [];
      held = 0;
      from = at + 1;
    }
    rest.push(chunk.subarray(from));
    held += chunk.length - from;
    if (held > LONGEST) throw new Broken('not-an-export', 'A line of the file is longer than any of ours.');
  }
  if (held > 0) yield { bytes: Buffer.concat(rest), ended: false };
}
