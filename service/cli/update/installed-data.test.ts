import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  installedData,
  passphraseFor,
  serviceEnvironment,
  TURN_TAKEN,
  updatePassphrase,
} from './installed-data.ts';
import { runProgram } from './machine.ts';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that notes its words, and refuses `migrate --back` with a sentence. */
function dataWith(refusal: string) {
  const data = temporary();
  writeFileSync(join(data, 'keys.db'), '');
  const command = join(data, 'program');
  const calls = join(data, 'calls');
  writeFileSync(join(data, 'refusal'), refusal);
  writeFileSync(
    command,
    `#!/bin/sh
echo "$*\${UPDATE_TRIAL:+ (a trial)} $GATEHOUSE_PASSPHRASE_FILE" >> ${calls}
case "$*" in
  "migrate --back") [ -s ${data}/refusal ] || exit 0; cat ${data}/refusal >&2; exit 1 ;;
esac
`,
  );
  chmodSync(command, 0o755);
  const env = { GATEHOUSE_PASSPHRASE_FILE: '/run/p' };
  return {
    data,
    machine: installedData({
      data,
      command,
      env,
      schema: '0034-alerts',
      begun: Date.parse('2026-11-22T02:59:00.000Z'),
    }),
    calls: () => readFileSync(calls, 'utf8').trim().split('\n'),
  };
}

const refusal = (schema: string, taken = '2026-11-22T03:00:00.000Z') =>
  `DATA holds 250 people. The snapshot from ${taken} (schema ${schema}) replaces its database; it lacks people: 0. Nothing was changed. To go back: --confirm 250 (the database of now is kept beside).`;

test('data that this update migrated go back, with the passphrase', async () => {
  const { machine, calls } = dataWith(refusal('0034-alerts'));
  await machine.migrate();
  expect(await machine.migrateBack()).toBe(true);
  expect(calls()).toEqual([
    'migrate --json /run/p',
    'migrate --back /run/p',
    'migrate --back --confirm 250 /run/p',
  ]);
});

test.each([
  ['a snapshot of an earlier update', refusal('0031-jobs')],
  ['one with the same schema', refusal('0034-alerts', '2026-11-21T03:00:00.000Z')],
  [
    'other nodes at work',
    'The PostgreSQL database gatehouse is in use by nodes that share it: node_b (0.2.0, https://10.0.0.2:7300). Nothing was changed.',
  ],
  [
    'no snapshot',
    'The database has schema 0034-alerts, and /snapshots holds no snapshot with an older one: there is nothing to go back to.',
  ],
])('data that it did not migrate stay as they are: %s', async (_what, sentence) => {
  const { machine, calls } = dataWith(sentence);
  expect(await machine.migrateBack()).toBe(false);
  expect(calls()).toEqual(['migrate --back /run/p']);
});

const NODES = JSON.stringify({
  nodes: true,
  databaseUrl: 'postgresql://db.example/gatehouse',
  keysDatabaseUrl: 'postgresql://db.example/gatehouse_keys',
  host: '10.0.0.11',
});

test('data that nodes share stay, also where no other node runs: these wrote after the snapshot', async () => {
  const { data, machine, calls } = dataWith(refusal('0034-alerts'));
  writeFileSync(join(data, 'gatehouse.json'), NODES);
  await machine.migrate();
  expect(await machine.migrateBack()).toBe(false);
  expect(calls()).toEqual(['migrate --json /run/p']);
});

test('a node is tried at its own address, whatever its trial listens on', async () => {
  const { data, machine, calls } = dataWith('');
  const words = `serve --data ${data} --host 127.0.0.1 --port 0`;
  await machine.tryStart();
  writeFileSync(join(data, 'gatehouse.json'), NODES);
  await machine.tryStart();
  const trials = [words, `${words} --node-address 10.0.0.11:7301`];
  expect(calls()).toEqual(trials.map((one) => `${one} (a trial) /run/p`));
});

test('a record of several nodes is updated in turn, of which the program from before has the lock as long as it runs', async () => {
  const { data, machine, calls } = dataWith('');
  const program = join(data, 'program');
  await using _ = await machine.takeTurn();
  expect(existsSync(join(data, 'calls'))).toBe(false);
  writeFileSync(join(data, 'gatehouse.json'), '{"databaseUrl":"postgresql://db.example/gatehouse"}');
  writeFileSync(
    program,
    `#!/bin/sh\necho "$*" > ${data}/calls\necho $$ > ${data}/pid\necho '${TURN_TAKEN}'\nexec sleep 600\n`,
  );
  const turn = await machine.takeTurn();
  expect(calls()).toEqual([`update --take-turn --data ${data} --json`]);
  rmSync(join(data, 'calls'));
  await turn.keep();
  expect(existsSync(join(data, 'calls'))).toBe(false);
  // As where its connection has ended.
  const pid = Number(readFileSync(join(data, 'pid'), 'utf8'));
  process.kill(pid);
  await expect.poll(() => turn.keep().then(() => existsSync(join(data, 'calls')))).toBe(true);
  // Ends that program.
  await turn[Symbol.asyncDispose]();
  writeFileSync(program, "#!/bin/sh\necho 'Another node of this record is being updated (x).' >&2\nexit 1\n");
  await expect(machine.takeTurn()).rejects.toThrow('it ended with 1: Another node');
  await expect(turn.keep()).rejects.toThrow('it ended with 1: Another node');
});

test('data that went back already, before a kill, count as gone back', async () => {
  const { machine, calls } = dataWith(
    'DATA went back from schema 0035-x to 0034-alerts already, and was not started since: put the version from before in place and start it.',
  );
  expect(await machine.migrateBack()).toBe(true);
  expect(calls()).toEqual(['migrate --back /run/p']);
});

test('what cannot go back is said', async () => {
  const { machine } = dataWith('The key store got its schema 0002 after the snapshot.');
  await expect(machine.migrateBack()).rejects.toThrow('The key store got its schema 0002');
});

test('the passphrase is had as the service gets it, and before the service is stopped', async () => {
  const data = temporary();
  const stored = join(data, 'stored');
  const setting = '/run/credentials/gatehouse-of-no-test/master-passphrase';
  expect(await updatePassphrase({ data, setting, stored })).toBeUndefined();
  writeFileSync(join(data, 'master-passphrase.json'), '{}');
  await expect(updatePassphrase({ data, setting, stored })).rejects.toThrow(
    `neither in ${setting} nor in ${stored}`,
  );
  writeFileSync(stored, 'seven words\n', { mode: 0o600 });
  expect(await updatePassphrase({ data, setting, stored })).toBe('seven words');
  const own = join(data, 'own');
  writeFileSync(own, 'other words\n', { mode: 0o600 });
  expect(await updatePassphrase({ data, setting: own, stored })).toBe('other words');
  expect(await updatePassphrase({ data, setting, stored, given: own })).toBe('other words');
  const input = { ...process.stdin, isTTY: false } as never;
  const terminal = { input, output: { write: () => true }, interrupt() {} };
  await expect(updatePassphrase({ data, stored, terminal })).rejects.toThrow('--passphrase-file FILE');
});

test.runIf(process.platform === 'linux')(
  'programs of an update read the passphrase from an open file without a name, each from its start',
  async () => {
    const owner = { uid: process.getuid!(), gid: process.getgid!() };
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('gatehouse-passphrase-'));
    const file = passphraseFor('seven words', owner);
    try {
      const read = () =>
        runProgram('sh', ['-c', `cat ${file.path}; stat -Lc ' %a %h' ${file.path}`], {
          account: owner,
          inherit: [file.fd],
        });
      expect([await read(), await read()]).toEqual(['seven words 600 0\n', 'seven words 600 0\n']);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith('gatehouse-passphrase-'))).toEqual(
        before,
      );
    } finally {
      file[Symbol.dispose]();
    }
  },
);

test('the environment of the unit is read from its file', () => {
  const file = join(temporary(), 'gatehouse');
  expect(serviceEnvironment(file)).toEqual({});
  writeFileSync(file, '# of this machine\nGATEHOUSE_LOG_LEVEL="debug"\nPATH=/evil\nGATEHOUSE_PORT=7301 \n');
  expect(serviceEnvironment(file)).toEqual({ GATEHOUSE_LOG_LEVEL: 'debug', GATEHOUSE_PORT: '7301' });
});
