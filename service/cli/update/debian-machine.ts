import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInitialized } from '../data-directory.ts';
import type { Machine } from './machine.ts';
import { type Account, runProgram, runUntil } from './run-program.ts';

const PACKAGE = 'gatehouse';
const COMMAND = '/usr/bin/gatehouse';
const UNIT = 'gatehouse.service';
const CACHE = '/var/cache/gatehouse';
const INFO = '/var/lib/dpkg/info';
/** Milliseconds: models are loaded, galleries of large organizations are read. */
const START = 120_000;

/** A machine with dpkg, and with systemd where it runs. Root alone can use it. */
export function debianMachine(data: string): Machine {
  const systemd = existsSync('/run/systemd/system');
  const field = async (file: string, name: string) =>
    (await runProgram('dpkg-deb', ['-f', file, name])).trim();
  return {
    async installedVersion() {
      try {
        const text = await runProgram('dpkg-query', ['-s', PACKAGE]);
        return /^Status: install ok installed$/m.test(text) ? /^Version: (.+)$/m.exec(text)?.[1] : undefined;
      } catch {
        return undefined;
      }
    },
    describe: async (file) => ({
      name: await field(file, 'Package'),
      version: await field(file, 'Version'),
      architecture: await field(file, 'Architecture'),
    }),
    architecture: async () => (await runProgram('dpkg', ['--print-architecture'])).trim(),
    isOlder: (one, other) =>
      runProgram('dpkg', ['--compare-versions', one, 'lt', other]).then(
        () => true,
        () => false,
      ),
    packInstalled,
    async install(file, { goingBack } = { goingBack: false }) {
      await runProgram(
        'dpkg',
        [
          '--force-confold',
          '--force-confdef',
          ...(goingBack ? ['--force-downgrade'] : []),
          '--install',
          file,
        ],
        {
          env: {
            DEBIAN_FRONTEND: 'noninteractive',
            GATEHOUSE_UPDATING: 'yes',
            ...(goingBack && { GATEHOUSE_GOING_BACK: 'yes' }),
          },
        },
      );
    },
    isRunning: async () =>
      systemd &&
      runProgram('systemctl', ['is-active', '--quiet', UNIT]).then(
        () => true,
        () => false,
      ),
    stop: async () => void (await runProgram('systemctl', ['stop', UNIT])),
    start: async () => void (await runProgram('systemctl', ['start', UNIT])),
    ...dataOf(data),
  };
}

/** What an update does with the data directory, as the account that owns it. */
function dataOf(data: string): Pick<Machine, 'migrate' | 'migrateBack' | 'tryStart'> {
  const account = (): Account => {
    const { uid, gid } = statSync(data);
    return { uid, gid };
  };
  const gatehouse = (...words: string[]) =>
    runProgram(COMMAND, words, { account: account(), env: { GATEHOUSE_DATA: data } });
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
      return runUntil(COMMAND, words, { account: account(), timeoutMs: START, ready: readyLine }).then(
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

/** As dpkg-repack does: the files that dpkg lists, and what it keeps of the package. */
async function packInstalled(): Promise<string> {
  mkdirSync(CACHE, { recursive: true, mode: 0o755 });
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-repack-'));
  try {
    const root = join(work, 'root');
    const control = join(root, 'DEBIAN');
    mkdirSync(control, { recursive: true });
    for (const path of (await runProgram('dpkg-query', ['-L', PACKAGE])).split('\n')) {
      if (!path || path === '/.' || !existsSync(path)) continue;
      // also where a link stands for it, as /lib does
      if (statSync(path).isDirectory()) mkdirSync(join(root, path), { recursive: true });
      else {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        cpSync(path, join(root, path), { verbatimSymlinks: true });
      }
    }
    for (const name of readdirSync(INFO)) {
      const part = /^gatehouse\.(preinst|postinst|prerm|postrm|conffiles|md5sums)$/.exec(name)?.[1];
      if (part) cpSync(join(INFO, name), join(control, part));
    }
    writeFileSync(join(control, 'control'), await controlOfInstalled());
    const version = /^Version: (.+)$/m.exec(readFileSync(join(control, 'control'), 'utf8'))![1];
    const file = join(CACHE, `gatehouse_${version}_before.deb`);
    await runProgram('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, file]);
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The fields of a package: those of dpkg's own book-keeping are left out. */
async function controlOfInstalled(): Promise<string> {
  const text = await runProgram('dpkg-query', ['-s', PACKAGE]);
  const fields = text.trimEnd().split(/\n(?=\S)/);
  return `${fields.filter((field) => !/^(Status|Conffiles):/.test(field)).join('\n')}\n`;
}
