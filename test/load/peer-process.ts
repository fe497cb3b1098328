import { execFileSync, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerMessage } from './peers/peer.ts';

export interface Peer {
  name: string;
  /** "3.3.6, wasm, 1 thread" */
  about: string;
  /** Milliseconds of the peer's own detection call on decoded pixels, and the faces it found. */
  detect(picture: string): Promise<{ milliseconds: number; faces: number }>;
  close(): void;
}

const folder = join(import.meta.dirname, 'peers');

/** Installs what the peers need at run time into a folder of their own, once. */
export function installPeers(): void {
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
}

export async function openPeer(name: 'human' | 'face-api'): Promise<Peer> {
  const child = fork(join(folder, 'peer.ts'), [name], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const next = (): Promise<PeerMessage> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`The peer ${name} ended with code ${code}.`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message as PeerMessage);
      });
    });
  const first = await next();
  if (!('ready' in first)) throw new Error(`The peer ${name} did not say that it is ready.`);
  const { version, backend, threads } = first.ready;
  return {
    name,
    about: `${version}, tfjs ${backend}, ${threads} thread${threads === 1 ? '' : 's'}`,
    async detect(picture) {
      const answer = next();
      child.send({ picture });
      const message = await answer;
      if ('ready' in message) throw new Error(`The peer ${name} started twice.`);
      return message;
    },
    close: () => void child.kill(),
  };
}
