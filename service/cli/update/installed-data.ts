import { statSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { isInitialized } from '../data-directory.ts';
import type { Machine } from './machine.ts';
import { type Account, runProgram, runUntil } from './run-program.ts';

/** Milliseconds: models are loaded, galleries of large organizations are read. */
const START = 120_000;

/** What an update does with the data directory, as the account that owns it. `command` is the installed `gatehouse`. */
export function installedData(
  data: string,
  command: string,
): Pick<Machine, 'migrate' | 'migrateBack' | 'tryStart'> {
  const account = (): Account => {
    const { uid, gid } = statSync(data);
    return { uid, gid };
  };
  const gatehouse = (...words: string[]) =>
    runProgram(command, words, { account: account(), env: { GATEHOUSE_DATA: data } });
  const initialized = () => isInitialized(data);
  return {
    async migrate() {
      if (!initialized()) return false;
      const { changes } = JSON.parse(await gatehouse('migrate', '--json'));
      return changes.length > 0;
    },
    async migrateBack() {
      // Asked without it, the command refuses and names the number that confirms; the newest snapshot is seconds old.
      const refusal = await gatehouse('migrate', '--back').then(
        () => '',
        (error: Error) => error.message,
      );
      const people = /--confirm (\d+)/.exec(refusal)?.[1];
      if (people === undefined && refusal !== '') throw new Error(refusal);
      if (people !== undefined) await gatehouse('migrate', '--back', '--confirm', people);
    },
    async tryStart() {
      if (!initialized()) return undefined;
      const words = ['serve', '--data', data, '--host', '127.0.0.1', '--port', '0'];
      return runUntil(command, words, { account: account(), timeoutMs: START, ready: readyLine }).then(
        (answer) => (answer === 'ready' ? undefined : answer),
        (error: Error) => error.message,
      );
    },
  };
}

/** `ready`, or what `/ready` said. A sealed service waits for its operator: that it waits is all that can be tried. */
async function readyLine(line: string): Promise<string | undefined> {
  const { event, url } = JSON.parse(line) as { event: string; url: string };
  if (event === 'sealed') return 'ready';
  if (event !== 'listening') return undefined;
  const status = await statusOf(`${url}/ready`);
  return status === 200 ? 'ready' : `/ready answered ${status}`;
}

/** Of this machine's own service, whose certificate is for its name and not for 127.0.0.1. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const ask = url.startsWith('https:') ? request(url, { rejectUnauthorized: false }) : plainRequest(url);
    ask.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    ask.on('error', reject);
    ask.end();
  });
}
