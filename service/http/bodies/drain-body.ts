import type { Readable } from 'node:stream';

/**
 * Reads what is left of the body of a refused request and drops it, no faster than `took` lets it. Node does the same as fast as
 * bytes come, which is work of the one thread that answers every caller; without reading, a client that still sends would
 * never see why it was refused.
 */
export function drainBody(
  message: Readable & { complete: boolean },
  took: (bytes: number) => Promise<void> | undefined,
): void {
  if (message.complete || message.readableDidRead) return;
  message.on('error', () => {});
  message.on('data', (chunk: Buffer) => {
    const pause = took(chunk.length);
    if (!pause) return;
    message.pause();
    void pause.then(() => message.resume());
  });
}
