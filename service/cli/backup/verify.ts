import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replyOf } from '../../../sdk/admin/client.ts';
import type { Examination } from '../../backup/examine-backup.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { isInitialized } from '../data-directory.ts';
import { value } from '../flag.ts';
import { masterKeyFlag, masterKeySources, passphraseSource } from '../master/open-order.ts';
import { passphraseFileFlag } from '../master/passphrase.ts';
import { work } from '../operation-command.ts';
import { createPhases } from '../terminal/progress.ts';
import { count, facts, type Terminal } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { backupPath } from './path.ts';

/** Works on any machine with the file, a copy of the key store and the master key: no data directory is needed. */
export const backupVerify = work({
  args: { path: value('<file>', 'gatehouse-….backup') },
  summary: 'test a backup: restore it to a temporary folder and check all of it',
  about:
    'Restores the file to a temporary folder, opens it with the keys, checks the database and the audit chain, and finds ' +
    'people by a template of their own. Changes nothing; works while the service runs and on another machine. Exit code 1 ' +
    'when the backup cannot be restored.',
  options: {
    keys: value('<place>', 'folder of a key store copy (default: beside the file, else the data directory)'),
    masterKeyFile: value(...masterKeyFlag),
    passphraseFile: value(...passphraseFileFlag),
  },
  examples: [
    'backup verify /mnt/backups/gatehouse-….backup',
    'backup verify /mnt/backups/gatehouse-….backup --keys /media/stick --master-key-file /media/safe/master.key',
  ],
  async run({ path = '', ...given }, { data, control, terminal }) {
    const file = await backupPath(path, 'backup verify');
    const { verifyBackup } = await import('../../backup/verify-aside.ts');
    const started = performance.now();
    const passphrase = passphraseSource(given);
    const found = await verifyBackup({
      file,
      keys: given.keys === undefined ? usualKeys(file, data) : userPath(given.keys),
      ...masterKeySources(data, given),
      passphrase,
      clock: systemClock,
      log: silentLog,
      progress: createPhases(terminal),
    });
    const ok = found.problems.length === 0;
    if (ok && isInitialized(data)) {
      // The schedule keeps what was proven last; a box that cannot be asked now keeps by age alone.
      await control({ passphrase })
        .then((open) => replyOf(open.admin.POST('/api/admin/backups/verified', { body: { path: file } })))
        .catch(() =>
          terminal.note(
            'The data directory was not updated: its schedule does not know that this file is proven.',
          ),
        );
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const text = [
      ok
        ? terminal.style('good', `${file} is a good backup (${seconds} s).`)
        : terminal.style('bad', `${file} cannot be restored:`),
      ...found.problems.map((one) => `  ${one}`),
      ...alteredLines(found, terminal),
      '',
      facts([
        ['taken', found.facts.takenAt],
        ['by', `Gatehouse ${found.facts.gatehouse}, schema ${found.facts.schema}`],
        ...describeFound(found),
      ]),
    ].join('\n');
    return { json: { ok, file, ...found }, text, ...(ok ? {} : { exitCode: 1 as const }) };
  },
});

/** What another program wrote to the database of a backup. */
export const alteredLines = (
  { altered }: Pick<Examination, 'altered'>,
  terminal: Pick<Terminal, 'style'>,
): string[] =>
  altered.length === 0
    ? []
    : [
        terminal.style(
          'care',
          'Another program wrote this to the database before the backup; a restored box does not use it:',
        ),
        ...altered.map((one) => `  ${one}`),
      ];

export function describeFound({
  people,
  templates,
  match,
  audit,
  organizations,
}: Examination): [string, string][] {
  return [
    ['organizations', String(organizations)],
    ['people', `${count(people.there, 'person', 'people')}, ${people.erased} of them erased since`],
    [
      'templates',
      `${templates.opened} of ${templates.there} opened, ${templates.erased} of erased people, ${templates.damaged} damaged`,
    ],
    ['matches', `${match.found} of ${match.asked} people found by their own template`],
    [
      'audit',
      `${audit.lines} lines, ${audit.valid ? 'valid' : 'NOT valid'}, ${audit.checkpoints} checkpoints`,
    ],
  ];
}

/** Beside the backup, else in the data directory. */
function usualKeys(file: string, data: string): string {
  return existsSync(join(dirname(file), 'gatehouse-keys.db')) ? dirname(file) : data;
}
