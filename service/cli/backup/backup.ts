import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { initially, toggle, value } from '../flag.ts';
import { asTyped } from '../invocation.ts';
import { work } from '../operation-command.ts';
import { describeMinutes, readMinutes } from '../terminal/moment.ts';
import { count, type Terminal, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { newestIn } from './path.ts';
import { backupVerify } from './verify.ts';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const backupList = work({
  args: {
    dir: value(
      '[dir]',
      'list the backups in this folder, on any machine, without keys; default: those of this box',
    ),
  },
  summary: 'plans, runs, copies of the key store; or the files of a folder, newest first',
  about:
    'Without DIR: plans, the last runs, and where the key store is copied to; a file that was removed and a date ahead of the ' +
    'clock are marked. With DIR: the backups in it, newest first by their own count, whatever the dates say.',
  options: { newest: toggle('print only the path of the newest backup in DIR') },
  limit: 50,
  examples: ['backup list', 'backup list /mnt/backups', 'backup list /mnt/backups --newest'],
  async run({ dir, newest, limit }, { control, terminal }) {
    if (dir !== undefined) return newest ? showNewest(userPath(dir)) : showFolder(userPath(dir), limit);
    if (newest) throw new UsageError('--newest needs the folder: backup list DIR --newest');
    const state = await readBackupState(await control(), limit);
    return { json: state, text: describeBox(state, terminal) };
  },
});

/** Runs, plans, copies of the key store, and what is wrong. */
async function readBackupState({ admin }: Pick<Control, 'admin'>, limit: number) {
  const items = await allPages(
    (page) => replyOf(admin.GET('/api/admin/backups', { params: { query: page } })),
    limit,
  );
  const query = { limit: Math.min(limit, 200) };
  const { items: plans, warnings } = await replyOf(
    admin.GET('/api/admin/backups/plans', { params: { query } }),
  );
  const { items: keys } = await replyOf(admin.GET('/api/admin/key-store/places', { params: { query } }));
  return { items, plans, keys, warnings };
}

async function showNewest(folder: string) {
  const path = await newestIn(folder);
  return { json: { path }, text: path };
}

async function showFolder(folder: string, limit: number) {
  const { readBackupFolder } = await import('../../backup/backup-folder.ts');
  const { backups, unreadable } = await readBackupFolder(folder, systemClock.now());
  const files = backups.slice(0, limit).map(({ takenAt, ...rest }) => ({
    ...rest,
    takenAt: new Date(takenAt).toISOString(),
  }));
  const broken = unreadable.map(({ path, error }) => ({ path, reason: error.message }));
  const rows = files.map((one) => [
    one.sequence,
    one.takenAt,
    one.origin,
    megabytes(one.bytes),
    one.backupKey,
    one.futureDated ? `${one.path} (dated in the future)` : one.path,
  ]);
  const header = ['number', 'taken', 'by', 'size', 'backup key', 'file'];
  const text = [
    table(header, rows, `There is no backup in ${folder}.`),
    ...broken.map(({ path, reason }) => `${path}: ${reason}`),
  ].join('\n');
  return { json: { items: files, unreadable: broken }, text };
}

function describeBox(state: Awaited<ReturnType<typeof readBackupState>>, terminal: Terminal): string {
  const plans = state.plans.map((one) => [
    one.folder,
    describeMinutes(one.everyMinutes),
    one.keep,
    one.setBy,
  ]);
  const runs = state.items.map((one) => [
    one.startedAt,
    one.outcome,
    one.bytes === undefined ? undefined : megabytes(one.bytes),
    one.verifiedAt === undefined ? 'no' : one.verifiedAt,
    [markOf(one), one.reason ?? one.path].filter((part) => part !== '').join(' '),
  ]);
  return [
    table(['folder', 'every', 'keeps', 'set by'], plans, 'No backups are scheduled.'),
    '',
    table(['started', 'outcome', 'size', 'proven', 'file or reason'], runs, 'There is no backup yet.'),
    '',
    table(
      ['key store copy', 'state'],
      state.keys.map(({ place, state }) => [place, state]),
      'No copy of the key store is kept: without one no backup can be opened.',
    ),
    ...state.warnings.map((line) => terminal.style('care', line)),
  ].join('\n');
}

/** Remarks about a file for the person who selects one. */
function markOf({ file, futureDated }: Schemas['Backup']): string {
  const marks = [
    ...(file === 'removed' ? ['removed'] : file === 'away' ? ['not mounted'] : []),
    ...(futureDated ? ['dated in the future'] : []),
  ];
  return marks.length === 0 ? '' : `[${marks.join(', ')}]`;
}

const backupSchedule = work({
  args: { dir: value('<dir>', 'folder on another disk') },
  about: 'let the running service make backups by schedule; run again to change it',
  options: {
    everyMinutes: initially('24h', value('--every <duration>', '90m, 24h, 7d', readMinutes)),
    keep: initially(
      '7',
      value('<n>', 'number of newest files to keep; other files are never removed', readKeep),
    ),
    off: toggle('stop the schedule; the files stay'),
  },
  examples: ['backup schedule /mnt/backups --every 24h --keep 7', 'backup schedule /mnt/backups --off'],
  async run({ dir = '', everyMinutes = 1440, keep = 7, off }, { control }) {
    const folder = userPath(dir);
    const { admin, via } = await control();
    if (off) {
      await replyOf(admin.DELETE('/api/admin/backups/plans', { params: { query: { folder } } }));
      const text = `No more backups are made into ${folder}. The files stay.`;
      return { json: { folder, off: true }, text };
    }
    const plan = await replyOf(
      admin.PUT('/api/admin/backups/plans', { body: { folder, everyMinutes, keep } }),
    );
    const text = `The service makes a backup into ${plan.folder} every ${describeMinutes(plan.everyMinutes)} and keeps ${count(plan.keep, 'file', 'files')}; the first ${via === 'service' ? 'within a minute' : 'once it runs'}.`;
    return { json: plan, text };
  },
});

function readKeep(flag: string, text: string): number {
  const keep = Number(text);
  if (Number.isInteger(keep) && keep >= 1) return keep;
  throw new UsageError(`${flag}: "${text}" is not a positive number.`);
}

export function addBackup(program: Command, runner: CommandRunner): void {
  const backup = program.command('backup').helpCommand(false);
  // Otherwise this command would take the flags of those below it.
  backup.enablePositionalOptions();
  runner.run<{ keysTo?: string }>(
    backup
      .argument('[dir]', 'folder on another disk')
      .summary('one encrypted file of everything but the keys; verify, schedule, list')
      .description(
        'Writes one encrypted file with the database, the settings and the imported models into DIR, while the ' +
          'service runs and without it. The keys are never in it: they are copied on their own, newest only, so that a person ' +
          'who is erased stays erased in every backup. A restore needs three things: this file, a copy of the key store, and the ' +
          'master key (or its passphrase).',
      )
      .option(
        '--keys-to <place>',
        'keep a copy of the key store in this folder, from now on (default: DIR, only where there is no copy yet)',
      )
      // Of scripts from before every backup held them.
      .addOption(new Option('--with-models').hideHelp())
      .addHelpText(
        'after',
        examples(
          'backup /mnt/backups --keys-to /media/stick',
          'backup list /mnt/backups',
          'backup verify /mnt/backups/gatehouse-….backup --keys /media/stick',
          'backup schedule /mnt/backups --every 24h --keep 7',
        ),
      ),
    async ({ options, control, terminal }, dir) => {
      if (dir === undefined) throw new UsageError('Name the folder: backup DIR. More: backup --help');
      const open = await control();
      terminal.note('Writing the backup; the service keeps running…');
      const reply = await replyOf(
        open.admin.POST('/api/admin/backups', {
          body: defined({
            folder: userPath(dir),
            keysTo: options.keysTo === undefined ? undefined : userPath(options.keysTo),
          }),
        }),
      );
      const masterKey = whereMasterKey(await replyOf(open.admin.GET('/api/admin/master-key')));
      const text = [
        `${reply.path} is written and read back: ${megabytes(reply.bytes ?? 0)}.`,
        ...reply.keys.map(({ place, state }) => `The key store is copied to ${place} (${state}).`),
        masterKey,
        ...reply.advice.map((line) => terminal.style('care', asTyped(line))),
      ].join('\n');
      return { json: { ...reply, masterKey }, text };
    },
  );

  backupSchedule(backup, runner, 'schedule');
  backupList(backup, runner, 'list');
  backupVerify(backup, runner, 'verify');
}

const whereMasterKey = ({ kind, path }: Schemas['MasterKey']) =>
  kind === 'passphrase'
    ? 'The master key opens with its passphrase, which is in no backup: keep it in a safe place.'
    : `The master key is ${path}. It is NOT in the backup: keep a copy of it apart from both.`;
