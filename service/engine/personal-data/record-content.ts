import { setImmediate as pause } from 'node:timers/promises';

/** Rows that are read and opened in one go: some milliseconds of the event loop. */
const PAGE = 500;

/** Every row that `next` gives, in the order of ids; other callers get a turn after each page. */
export async function* readPages<Row extends { id: string }>(
  next: (after: string, limit: number) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = ''; ; ) {
    const rows = await next(after, PAGE);
    if (rows.length > 0) yield rows;
    await pause();
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

const decoder = new TextDecoder();
export const textOf = (plain: Uint8Array | undefined): string | undefined => plain && decoder.decode(plain);
export const jsonOf = (plain: Uint8Array | undefined): unknown => plain && JSON.parse(decoder.decode(plain));

/** Little-endian float32, base64. */
export const vectorText = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/** JSON without the ids of other people. */
export const parseFor = (subject: string, source: string): unknown =>
  JSON.parse(source, (_, value) =>
    typeof value === 'string' && value.startsWith('sub_') && value !== subject ? '(another person)' : value,
  );
