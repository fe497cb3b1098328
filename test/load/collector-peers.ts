import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the collector listens to (`sdk/gatehouse/src/collector`). */
const TYPES = [
  ...['pointermove', 'pointerdown', 'pointerup', 'pointercancel', 'keydown', 'keyup', 'input', 'paste'],
  ...['wheel', 'scroll', 'visibilitychange', 'focus', 'blur'],
];

const listeningWith = (listener: string): string =>
  `const listener = ${listener};
for (const type of ${JSON.stringify(TYPES)}) addEventListener(type, listener, { capture: true, passive: true });`;

/** Listeners that read of each event what the features are made of, and add it up. */
const reader = `(event) => {
  if (!event.isTrusted) return;
  globalThis.readByPeer = (globalThis.readByPeer ?? 0) + event.timeStamp;
  if (event.type === 'pointermove') globalThis.readByPeer += event.clientX + event.clientY + event.pointerType.length;
  else if (event.type.startsWith('key')) globalThis.readByPeer += event.code.length + event.repeat + event.isComposing;
  else if (event.type === 'input') globalThis.readByPeer += event.inputType.length + event.isComposing;
}`;

export type Peer = 'nothing' | 'listeners' | 'readers' | 'collector';

/** Scripts of a page: none, listeners that do nothing, listeners that only read, the collector as it is served. */
export const peers = (): Record<Peer, string> => ({
  nothing: '',
  listeners: listeningWith('() => {}'),
  readers: listeningWith(reader),
  collector: readFileSync(join(import.meta.dirname, '../../dist/renderer/sdk/gatehouse.js'), 'utf8'),
});
