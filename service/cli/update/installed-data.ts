import {
  closeSync,
  existsSync,
  fchownSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { replyOf } from '../../../sdk/admin/client.ts';
import { dropToOwner, ownFs, type PrivilegedFs } from '../../backup/finish-restore.ts';
import { nodeOfSettings } from '../../compose/this-node.ts';
import { type Config, parseConfig } from '../../config.ts';
import { Problem } from '../../lib/problem.ts';
import { readPassphraseFile } from '../../storage/master/open-master.ts';
import { migrations } from '../../storage/migrations/index.ts';
import { createControl } from '../control/control.ts';
import { createSocketTransport } from '../control/socket-transport.ts';
import { isInitialized } from '../data-directory.ts';
import { type AskingTerminal, readPassphrase } from '../master/passphrase.ts';
import { UPDATE_TRIAL } from './journal.ts';
import {
  type Account,
  type Machine,
  NO_TURN,
  type ProgramOptions,
  runProgram,
  runUntil,
  startProgram,
} from './machine.ts';

/** Of `gatehouse migrate --snapshot --json`. */
const Kept = z.object({ snapshot: z.string().optional() });

/** Milliseconds for a connection to the database. */
const TURN = 30_000;
/** What `gatehouse update --take-turn` writes when it has it. */
export const TURN_TAKEN = '{"turn":"taken"}';
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
  /** When this update began, in ms since 1970; a snapshot from before is of an earlier one. */
  begun?: number;
}

/** What an update does with the data directory, as the account that owns it. */
export function installedData({
  data,
  command,
  env: given,
  inherit = [],
  schema = OWN_SCHEMA,
  begun = 0,
}: InstalledDataDeps): Pick<
  Machine,
  'migrate' | 'keepData' | 'migrateBack' | 'tryStart' | 'askService' | 'takeTurn' | 'nodesWithout'
> {
  const account = (): Account => {
    const { uid, gid } = statSync(data);
    return { uid, gid };
  };
  const env = { ...given, GATEHOUSE_DATA: data };
  const options = () => ({ account: account(), env, inherit });
  const gatehouse = (...words: string[]) => runProgram(command, words, options());
  const initialized = () => isInitialized(data);
  const settings = (): Promise<Config> =>
    dropToOwner(data, async () => parseConfig({ data }, { ...process.env, ...env }));
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
      // Other nodes have written since, also where none runs now.
      if ((await settings()).nodes) return false;
      // Asked without it, the command refuses, and names the schema of the newest snapshot with an older one and the number that confirms.
      const refusal = await gatehouse('migrate', '--back').then(
        () => '',
        (error: Error) => error.message,
      );
      if (refusal.includes('holds no snapshot with an older one')) return false;
      // Without the setting: as the flag of a unit.
      if (refusal.includes('is in use by nodes')) return false;
      // of a call before, that was cut short after it
      if (refusal.includes('and was not started since')) return true;
      const [, taken = '', older, people] =
        /snapshot from (\S+) \(schema ([\w-]+)\)[\s\S]*--confirm (\d+)/.exec(refusal) ?? [];
      if (people === undefined) throw new Error(refusal);
      // Otherwise it is of an earlier update, and what was written since would be lost.
      if (older !== schema || Date.parse(taken) < begun) return false;
      await gatehouse('migrate', '--back', '--confirm', people);
      return true;
    },
    async tryStart() {
      if (!initialized()) return undefined;
      // The nodes beside it are to reach it; what its host would name is this machine alone.
      const node = nodeOfSettings(await settings());
      const reached = node === undefined ? [] : ['--node-address', node.address.replace('https://', '')];
      const words = ['serve', '--data', data, '--host', '127.0.0.1', '--port', '0', ...reached];
      const trial = { ...options(), env: { ...env, [UPDATE_TRIAL]: 'yes' } };
      return runUntil(command, words, { ...trial, timeoutMs: START, ready: readyLine }).then(
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
    async takeTurn() {
      if (!initialized() || (await settings()).databaseUrl === undefined) return NO_TURN;
      const words = ['update', '--take-turn', '--data', data, '--json'];
      const take = () =>
        startProgram(command, words, {
          ...options(),
          timeoutMs: TURN,
          ready: async (line) => (line === TURN_TAKEN ? true : undefined),
        });
      let held = await take();
      return {
        async keep() {
          if (held.hasEnded()) held = await take();
        },
        [Symbol.asyncDispose]: () => held.end(),
      };
    },
    async nodesWithout(version) {
      const control = createControl(createSocketTransport(join(data, 'control.sock')));
      try {
        const { items } = await replyOf(control.admin.GET('/api/admin/nodes'));
        return items
          .filter((one) => !one.isThis && one.version !== undefined && one.version !== version)
          .map((one) => `${one.id} (${one.version}, ${one.address})`);
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

interface UpdateEnvironment extends Disposable {
  env: Record<string, string>;
  /** The open file of the passphrase; undefined where none protects the master key, or it was not asked for. */
  passphrase: number | undefined;
}

/**
 * What the programs of an update are started with: the environment of the unit, and the passphrase. The settings of the data directory, and
 * the file that they name, are read as the account that owns it: it may have named a file that only root may read. Throws where the
 * passphrase cannot be had.
 */
export async function environmentOf(
  data: string,
  { passphraseFile: given, opens = true }: { passphraseFile?: string; opens?: boolean },
): Promise<UpdateEnvironment> {
  const env = serviceEnvironment();
  const without = { env, passphrase: undefined, [Symbol.dispose]() {} };
  if (!opens || !isInitialized(data)) return without;
  const passphrase = await dropToOwner(data, (around) => {
    const { passphraseFile: setting } = parseConfig({ data }, { ...process.env, ...env });
    return updatePassphrase({ data, given, setting, around });
  });
  if (passphrase === undefined) return without;
  const file = passphraseFor(passphrase, statSync(data));
  return {
    env: { ...env, GATEHOUSE_PASSPHRASE_FILE: file.path },
    passphrase: file.fd,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** `EnvironmentFile=` of the unit: settings as GATEHOUSE_…, for which the machine has no other file. */
const FILE = '/etc/default/gatehouse';

/** What the unit sets for the service beside its settings file; the trial of an update starts it with the same. */
export function serviceEnvironment(file = FILE): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^\s*(GATEHOUSE_\w+)=(.*?)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value.replace(/^(["'])(.*)\1$/, '$2')]];
    }),
  );
}

/** Where a machine keeps it for the unit (docs/PACKAGES.md). */
const STORED = '/etc/gatehouse/passphrase';
/** What a unit hands over lies here while the service runs, and only then; an empty line where there is no passphrase. */
const CREDENTIALS = '/run/credentials/';

interface PassphraseSources {
  data: string;
  /** `--passphrase-file`. */
  given?: string | undefined;
  /** The setting `passphraseFile` of the service, which reads it as its account. */
  setting?: string | undefined;
  stored?: string;
  /** Root's rights, for what root named, where this works as the account of the service. */
  around?: PrivilegedFs;
  terminal?: AskingTerminal;
}

/**
 * The passphrase that every step of an update needs, which stops the service and so ends its credential. Undefined where none protects the
 * master key. Throws before anything is changed where it cannot be had.
 */
export async function updatePassphrase({
  data,
  given,
  setting,
  stored = STORED,
  around = ownFs,
  terminal,
}: PassphraseSources): Promise<string | undefined> {
  if (!['master-passphrase.json', 'node-passphrase.json'].some((name) => existsSync(join(data, name))))
    return undefined;
  const asking = { env: {}, ...(terminal && { terminal }) };
  const ask = (file?: string) => readPassphrase('Passphrase of the master key: ', file, asking);
  if (given !== undefined) return around.change(() => ask(given));
  if (setting === undefined) return ask();
  if (!setting.startsWith(CREDENTIALS)) return readPassphraseFile(setting);
  if (holdsText(setting)) return readPassphraseFile(setting, { CREDENTIALS_DIRECTORY: dirname(setting) });
  if (around.change(() => holdsText(stored))) return around.change(() => readPassphraseFile(stored));
  throw new Problem(
    'SEALED',
    `The passphrase of the master key is neither in ${setting} nor in ${stored}. Start the service first, or name a file that holds it with --passphrase-file FILE (mode 0600).`,
  );
}

/**
 * A passphrase in a file without a name, in memory where the machine has such a folder: programs that inherit `fd` as their descriptor 3 and run as `account` read
 * it at `path`. It has no name before it has content, so that a kill leaves nothing; it goes with the last process that has it open.
 */
export function passphraseFor(
  passphrase: string,
  { uid, gid }: { uid: number; gid: number },
): { fd: number; path: string } & Disposable {
  const folder = mkdtempSync(join(existsSync('/run/systemd') ? '/run' : tmpdir(), 'gatehouse-passphrase-'));
  const name = join(folder, 'passphrase');
  const fd = openSync(name, 'wx', 0o600);
  rmSync(folder, { recursive: true });
  writeSync(fd, passphrase);
  fchownSync(fd, uid, gid);
  return { fd, path: '/proc/self/fd/3', [Symbol.dispose]: () => closeSync(fd) };
}

/** False also where this account may not read it. */
function holdsText(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').trim() !== '';
  } catch {
    return false;
  }
}
