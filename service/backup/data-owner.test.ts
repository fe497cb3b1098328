import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { journalOf } from './finish-restore.ts';

const ACCOUNT = 65_534;

/** A data directory of the account, in a folder of root. In a process of its own: only that can change its account. */
function dataOfAccount() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-owner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, ACCOUNT, ACCOUNT);
  const run = (program: string) =>
    execFileSync(
      process.execPath,
      [
        '--disable-sigusr1',
        '--input-type=module',
        '-e',
        `import * as fs from 'node:fs';
        const { dropToOwner } = await import(${JSON.stringify(join(import.meta.dirname, 'finish-restore.ts'))});
        const { finishRestore, clearUnfinishedRestore } = await import(${JSON.stringify(join(import.meta.dirname, 'finish-restore.ts'))});
        const data = ${JSON.stringify(data)};
        const attempt = (step) => { try { step(); return 'done'; } catch (error) { return error.message; } };
        ${program}`,
      ],
      { encoding: 'utf8' },
    ).trim();
  return { data, run };
}
const ownerOf = (path: string) => [statSync(path).uid, statSync(path).gid];

describe.runIf(process.getuid?.() === 0)('root, with the data directory of another account', () => {
  test('works as its owner, and keeps its rights for the folder around', () => {
    const { data, run } = dataOfAccount();
    const said = run(`await dropToOwner(data, async (around) => {
      fs.writeFileSync(data + '/own', '');
      console.log(process.geteuid(), process.getgroups().join(), attempt(() => fs.mkdirSync(data + '.refused')).slice(0, 6));
      around.change(() => { fs.mkdirSync(data + '.beside', { mode: 0o700 }); around.give(data + '.beside'); });
      fs.writeFileSync(data + '.beside/own', '');
    });
    console.log(process.geteuid(), process.getegid());`);
    expect(said).toBe(`${ACCOUNT} ${ACCOUNT} EACCES\n0 0`);
    for (const path of [join(data, 'own'), `${data}.beside`, join(`${data}.beside`, 'own')])
      expect(ownerOf(path)).toEqual([ACCOUNT, ACCOUNT]);
    expect(existsSync(`${data}.refused`)).toBe(false);
  });

  test('a restore that was interrupted is completed by root, and the account says how', () => {
    const { data, run } = dataOfAccount();
    const staged = `${data}.restoring-2026-11-22T03-00-00-000Z`;
    mkdirSync(staged);
    chownSync(staged, ACCOUNT, ACCOUNT);
    writeFileSync(journalOf(data), JSON.stringify({ staged }));
    rmSync(data, { recursive: true });
    const refused = run('process.seteuid(65534); console.log(attempt(() => finishRestore(data)));');
    expect(refused).toContain(`sudo mv '${staged}' '${data}'`);
    run('await dropToOwner(data, async () => {});');
    expect([ownerOf(data), existsSync(staged), existsSync(journalOf(data))]).toEqual([
      [ACCOUNT, ACCOUNT],
      false,
      false,
    ]);
  });

  test('what an interrupted one left beside is emptied by the account, and does not end its start', () => {
    const { data, run } = dataOfAccount();
    const staged = `${data}.restoring-2026-11-22T03-00-00-000Z`;
    mkdirSync(staged);
    writeFileSync(join(staged, 'keys.db'), 'keys');
    for (const path of [staged, join(staged, 'keys.db')]) chownSync(path, ACCOUNT, ACCOUNT);
    expect(run('process.seteuid(65534); console.log(attempt(() => clearUnfinishedRestore(data)));')).toBe(
      'done',
    );
    expect([existsSync(staged), existsSync(join(staged, 'keys.db'))]).toEqual([true, false]);
    run('await dropToOwner(data, async (around) => clearUnfinishedRestore(data, around));');
    expect(existsSync(staged)).toBe(false);
  });
});
