import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createControlSocketProxy } from '../../renderer/dev/control-socket-proxy.ts';
import { withoutSettings } from '../support/without-settings.ts';

const gatehouse = fileURLToPath(new URL('../../bin/gatehouse.mjs', import.meta.url));
const run = promisify(execFile);
/** As `test/cli/gatehouse.ts` has it: pictures that wait for a worker must not be given up where the machine is slow. */
const sparing = () => ({ ...withoutSettings(), GATEHOUSE_WORKERS: '1', GATEHOUSE_DEADLINE_SECONDS: '300' });

/** A real service on a new data directory, with a door for browsers in front of it that signs them in as the operator. */
export interface RunningBox {
  /** The service itself. */
  url: string;
  /** The service by a name, which passkeys need. */
  pagesUrl: string;
  /** The door in front of it: pages come from the service, `/api/*` from its control socket. */
  operatorUrl: string;
  liveKey: string;
  data: string;
  stop(): Promise<void>;
}

export interface EmptyBox {
  /** As the terminal shows it: with the setup token. */
  setupAddress: string;
  data: string;
  stop(): Promise<void>;
}

/** `gatehouse start` on a directory that is not there: what a new owner meets. `words`: further options of it. */
export async function startEmptyBox(words: readonly string[] = []): Promise<EmptyBox> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-empty-'));
  const data = join(folder, 'data');
  const service = spawn(process.execPath, [gatehouse, 'start', '--data', data, '--port', '0', ...words], {
    env: sparing(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    await end(service);
    await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: service.stdout! })) {
    const [setupAddress] = /https?:\S+\/console\/setup#token=\S+/.exec(line) ?? [];
    if (setupAddress === undefined) continue;
    service.stdout!.resume();
    return { setupAddress, data, stop };
  }
  await stop();
  throw new Error('The service ended before it showed the address.');
}

async function end(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  service.kill('SIGTERM');
  await once(service, 'exit');
}

export async function startBox(organization: string): Promise<RunningBox> {
  const data = await mkdtemp(join(tmpdir(), 'gatehouse-browser-'));
  const words = [gatehouse, 'init', '--org', organization, '--data', data, '--json'];
  const { stdout } = await run(process.execPath, words, { env: withoutSettings() });
  const { keys } = JSON.parse(stdout) as { keys: { live: string } };
  const service = spawn(
    process.execPath,
    [gatehouse, 'serve', '--data', data, '--port', '0', '--log-level', 'error'],
    { env: sparing(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await listening(service);
  const door = createOperatorDoor(data, url);
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  return {
    url,
    pagesUrl: url.replace('127.0.0.1', 'localhost'),
    // A name, because passkeys belong to one.
    operatorUrl: `http://localhost:${port}`,
    liveKey: keys.live,
    data,
    async stop() {
      door.closeAllConnections();
      door.close();
      await end(service);
      await rm(data, { recursive: true, force: true });
    },
  };
}

function createOperatorDoor(data: string, url: string) {
  const proxy = createControlSocketProxy(data);
  return createServer((incoming, outgoing) => {
    void proxy(incoming, outgoing).then((answered) => {
      if (answered) return;
      const headers = { ...incoming.headers, host: new URL(url).host };
      const forwarded = request(url + incoming.url, { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
  });
}

async function listening(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The service ended with ${code} before it listened.`);
  });
  const line = once(createInterface({ input: child.stdout! }), 'line').then(([text]) => String(text));
  const { url } = JSON.parse(await Promise.race([line, ended])) as { url: string };
  ended.catch(() => {});
  return url;
}
