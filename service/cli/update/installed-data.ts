import { statSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { replyOf } from '../../../sdk/admin/client.ts';
import { migrations } from '../../storage/migrations/index.ts';
import { createControl } from '../control/control.ts';
import { createSocketTransport } from '../control/socket-transport.ts';
import { isInitialized } from '../data-directory.ts';
import type { Machine } from './machine.ts';
import { type Account, type ProgramOptions, runProgram, runUntil } from './run-program.ts';

/** Of `gatehouse migrate --snapshot --json`. */
const Kept = z.object({ snapshot: z.string().optional() });

/** Milliseconds: models are loaded, galleries of large organizations are read. */
const START = 120_000;

/** Newest migration of this program, which is the version that an update replaces. */
export const OWN_SCHEMA = migrations.at(-1)!.name;

export interface InstalledDataDeps {
  data: string;
  /** The installed `gatehouse`. */
  command: string;
  /** What the unit gives the service beside its settings, and the passphrase of this update. */
  env: Record<string, string>;
  /** Open files of the update that its programs get: what `env` names, and the lock. */
  inherit?: ProgramOptions['inherit'];
  /** Newest migration of the version from before. */
  schema?: string;
}

/** What an update does with the data directory, as the account that owns it. */
export function installedData({
  data,
  command,
  env: given,
  inherit = [],
  schema = OWN_SCHEMA,
}: InstalledDataDeps): Pick<Machine, 'migrate' | 'keepData' | 'migrateBack' | 'tryStart' | 'askService'> {
  const account = (): Account => {
    const { uid, gid } = statSync(data);
    return { uid, gid };
  };
  const env = { ...given, GATEHOUSE_DATA: data };
  const options = () => ({ account: account(), env, inherit });
  const gatehouse = (...words: string[]) => runProgram(command, words, options());
  const initialized = () => isInitialized(data);
  return {
    async migrate() {
      if (initialized()) await gatehouse('migrate', '--json');
    },
    async keepData() {
      if (!initialized()) return undefined;
      return Kept.parse(JSON.parse(await gatehouse('migrate', '--snapshot', '--json'))).snapshot;
    },
    async migrateBack() {
      if (!initialized()) return false;
      // Asked without it, the command refuses, and names the schema of the newest snapshot with an older one and the number that confirms.
      const refusal = await gatehouse('migrate', '--back').then(
        () => '',
        (error: Error) => error.message,
      );
      if (refusal.includes('holds no snapshot with an older one')) return false;
      // of a call before, that was cut short after it
      if (refusal.includes('and was not started since')) return true;
      const [, older, people] = /\(schema ([\w-]+)\)[\s\S]*--confirm (\d+)/.exec(refusal) ?? [];
      if (people === undefined) throw new Error(refusal);
      // Otherwise it is of an earlier update, and what was written since would be lost.
      if (older !== schema) return false;
      await gatehouse('migrate', '--back', '--confirm', people);
      return true;
    },
    async tryStart() {
      if (!initialized()) return undefined;
      const words = ['serve', '--data', data, '--host', '127.0.0.1', '--port', '0'];
      return runUntil(command, words, { ...options(), timeoutMs: START, ready: readyLine }).then(
        (answer) => (answer === 'ready' ? undefined : answer),
        (error: Error) => error.message,
      );
    },
    async askService() {
      const control = createControl(createSocketTransport(join(data, 'control.sock')));
      try {
        const { is } = await replyOf(control.admin.GET('/api/admin/seal'));
        // as it was before: its operator had given the passphrase, and gave it to this update
        if (is === 'sealed') await gatehouse('unseal');
        const { ready, reason } = await replyOf(control.admin.GET('/api/admin/status'));
        return ready ? undefined : `the service is not ready: ${reason}`;
      } finally {
        await control.close();
      }
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
