import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { asTyped, invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { facts, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Place = Schemas['KeyPlace'];

const describe = ({ place, copy, state, since, reason, addedAt }: Place) =>
  facts([
    ['place', place],
    ['copy', copy],
    ['state', state],
    ['since', since],
    ['why', reason && asTyped(reason)],
    ['added', addedAt],
  ]);

/** Exit code 1 when a copy is not up to date. */
function answerOf({ items }: { items: Place[] }): Answer {
  const rows = items.map(({ place, state, since, addedAt }) => [place, state, since ?? '', addedAt]);
  const text = [
    table(
      ['place', 'state', 'since', 'added'],
      rows,
      `No place yet: without the key store nothing in the data opens. Add two: ${invocation} keystore add DIR`,
    ),
    ...items.flatMap(({ place, reason }) => (reason === undefined ? [] : [asTyped(`${place}: ${reason}`)])),
    ...(items.length === 1 ? [`Add a second place, on another disk: ${invocation} keystore add DIR`] : []),
  ].join('\n');
  const behind = items.some(({ state }) => state !== 'current');
  return { json: { items }, text, ...(behind ? { exitCode: 1 as const } : {}) };
}

interface RemoveOptions {
  wipe?: boolean;
  destroyed?: boolean;
  confirm?: string;
  copy?: string;
}

async function attest(open: Control, dir: string, { wipe, confirm, copy }: RemoveOptions): Promise<Answer> {
  const folder = userPath(dir);
  if (wipe)
    throw new UsageError('--wipe is for a copy that is there, --destroyed for one that is gone: choose.');
  if (confirm === undefined || userPath(confirm) !== folder) {
    throw new UsageError(
      `Every receipt that waits for this copy will name you and say that this rests on your word. Nothing was changed. To confirm, give the folder once more: --confirm "${folder}"`,
    );
  }
  const attested = await replyOf(
    open.admin.POST('/api/admin/key-store/places/destroyed', {
      body: defined({ folder, confirm: folder, copy }),
    }),
  );
  return {
    json: { attestedDestroyed: attested },
    text: `The copy that was kept in ${attested.place} counts as destroyed on your word, with your name in the log. Erasures that wait for it are done within a minute while the service runs; their receipts say whose word it is.`,
  };
}

export function addKeystore(program: Command, runner: CommandRunner): void {
  const keystore = program
    .command('keystore')
    .helpCommand(false)
    .description(
      'copies of the key store: backups cannot be opened without it, and an erasure updates every copy',
    );

  addPlaces(keystore, runner);

  runner.run(
    keystore
      .command('add')
      .argument('<dir>', 'folder on another disk: a stick, a mounted share')
      .description('keep a copy in a folder, updated with every write')
      .addHelpText('after', examples('keystore add /media/stick', 'keystore add /mnt/safe/gatehouse')),
    async ({ control }, dir = '') => {
      const open = await control();
      const made = await replyOf(
        open.admin.POST('/api/admin/key-store/places', { body: { folder: userPath(dir) } }),
      );
      return {
        json: made,
        text: describe(made),
        ...(made.state === 'current' ? {} : { exitCode: 1 as const }),
      };
    },
  );

  runner.run<RemoveOptions>(
    keystore
      .command('remove')
      .argument('<dir>', 'as `keystore places` shows it')
      .description('stop keeping a copy in a folder')
      .option('--wipe', 'overwrite and delete the copy as well')
      .option('--destroyed', 'attest that its medium is destroyed: pending erasures stop waiting for it')
      .option('--confirm <dir>', 'the folder once more, with --destroyed')
      .option('--copy <id>', 'which copy, with --destroyed, where several were kept there')
      .addHelpText(
        'after',
        examples(
          'keystore remove /media/stick --wipe',
          'keystore remove /media/lost-stick',
          'keystore remove /media/lost-stick --destroyed --confirm /media/lost-stick',
        ),
      ),
    async ({ options, control }, dir = '') => {
      const wipe = options.wipe ?? false;
      if (options.destroyed) return attest(await control(), dir, options);
      if (options.confirm !== undefined || options.copy !== undefined)
        throw new UsageError('--confirm and --copy go with --destroyed.');
      const open = await control();
      const removed = await replyOf(
        open.admin.POST('/api/admin/key-store/places/remove', { body: { folder: userPath(dir), wipe } }),
      );
      const text = wipe
        ? `The copy in ${removed.place} is overwritten and deleted.`
        : `${removed.place} is no place any more. The copy there stays as it is: it still opens what was sealed for every person in it, also for people who are erased from now on. Add it again and remove it with --wipe, or destroy the medium and say so: ${invocation} keystore remove ${removed.place} --destroyed --confirm ${removed.place}`;
      return { json: { removed: removed.place, wiped: wipe }, text };
    },
  );

  runner.run(
    keystore
      .command('sync')
      .description('bring every place up to date now that can be reached (exit code 1 when one cannot)')
      .addHelpText('after', examples('keystore sync')),
    async ({ control }) => answerOf(await replyOf((await control()).admin.POST('/api/admin/key-store/sync'))),
  );
}

function addPlaces(keystore: Command, runner: CommandRunner): void {
  runner.run<{ limit: number }>(
    keystore
      .command('places')
      .description('the copies, and whether each is up to date (exit code 1 when one is not)')
      .option(...limitFlag(200))
      .addHelpText('after', examples('keystore places', 'keystore places --json')),
    async ({ options, control }) => {
      const { admin } = await control();
      const items = await allPages(
        (query) => replyOf(admin.GET('/api/admin/key-store/places', { params: { query } })),
        options.limit,
      );
      return answerOf({ items });
    },
  );
}
