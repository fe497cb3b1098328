import type { LivingFace } from './face-judge.ts';

/** As it is sealed: the embeddings and the files of their models. */
export const encodeFace = ({ embeddings, files }: LivingFace): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      files,
      vectors: Object.fromEntries(
        Object.entries(embeddings).map(([id, vector]) => [
          id,
          Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
        ]),
      ),
    }),
  );

export function decodeFace(plain: Uint8Array): LivingFace {
  const { files, vectors } = JSON.parse(new TextDecoder().decode(plain)) as {
    files: Record<string, string>;
    vectors: Record<string, string>;
  };
  const embeddings = Object.entries(vectors).map(([id, text]) => [
    id,
    new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
  ]);
  return { files, embeddings: Object.fromEntries(embeddings), pixelHashes: [] };
}
