import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createCutNetwork } from '../support/cut-network.ts';
import { openSilentWay, type SilentWay } from './silent-way.ts';

export interface CutWay extends Pick<SilentWay, 'to' | 'cut' | 'mend' | 'close'> {
  /** What is cut. */
  kind: 'network namespace' | 'relay';
}

/** Runs in the namespace, from which the socket of the server is in reach as a file. */
const relay = `
  const { connect, createServer } = require('node:net');
  const [host, path] = process.argv.slice(1);
  createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  }).listen(0, host, function () { console.log(this.address().port); });
`;

/**
 * A way to a PostgreSQL over the cable of a network namespace, so that a cut is one for TCP; where this account may not make one, a relay
 * that passes nothing. `folder`: of the socket of the server.
 */
export async function openCutWay(folder: string): Promise<CutWay> {
  const network = createCutNetwork();
  if (network === undefined) return { ...(await openSilentWay(folder)), kind: 'relay' };
  const { inside, other, cut, mend } = network;
  const [command = '', ...words] = [...inside, process.execPath, '-e', relay, other];
  const child = spawn(command, [...words, join(folder, '.s.PGSQL.5432')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  return {
    kind: 'network namespace',
    to(url) {
      const way = new URL(url);
      way.host = `${other}:${Number(port)}`;
      way.searchParams.delete('connect_timeout');
      return way.href;
    },
    cut,
    mend,
    close() {
      child.kill();
      network.remove();
    },
  };
}
