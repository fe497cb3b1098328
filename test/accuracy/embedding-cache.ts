import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { ProblemCode } from '../../service/lib/problem.ts';

/** What one picture gave: embeddings by model, or why no template could be made from it. */
export type PictureResult =
  | { embeddings: Record<string, Float32Array>; secondFace: boolean }
  | { code: ProblemCode };

/** Results by picture and models. */
export interface EmbeddingCache {
  of(picture: Uint8Array, analyze: () => Promise<PictureResult>): Promise<PictureResult>;
}

/** Runs every picture. */
export const noCache: EmbeddingCache = { of: (_picture, analyze) => analyze() };

type Line = { key: string } & (
  | { embeddings: Record<string, string>; secondFace: boolean }
  | { code: ProblemCode }
);

/**
 * Keeps results in a file of JSON lines, so that a second measurement of the same pictures takes seconds. `models` names what
 * made them (file hashes): results of other models in the same file are left alone. The file holds biometric data: keep it outside
 * the repository and delete it when it is no longer needed. A line that was cut short is ignored.
 */
export function openEmbeddingCache(file: string, models: string): EmbeddingCache {
  const known = new Map<string, PictureResult>();
  if (existsSync(file)) {
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      const line = parse(text);
      if (line) known.set(line.key, fromLine(line));
    }
  }
  return {
    async of(picture, analyze) {
      const key = createHash('sha256').update(models).update('\0').update(picture).digest('hex');
      const cached = known.get(key);
      if (cached) return cached;
      const result = await analyze();
      known.set(key, result);
      appendFileSync(file, `${JSON.stringify(toLine(key, result))}\n`, { mode: 0o600 });
      return result;
    },
  };
}

function parse(text: string): Line | undefined {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const mapValues = <A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

function toLine(key: string, result: PictureResult): Line {
  if ('code' in result) return { key, ...result };
  const embeddings = mapValues(result.embeddings, (vector) =>
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
  );
  return { key, embeddings, secondFace: result.secondFace };
}

function fromLine({ key: _, ...line }: Line): PictureResult {
  if ('code' in line) return line;
  const embeddings = mapValues(line.embeddings, (text) => {
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    return new Float32Array(bytes.buffer);
  });
  return { embeddings, secondFace: line.secondFace };
}
