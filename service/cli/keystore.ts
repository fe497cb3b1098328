import type { Command } from 'commander';
import { type Answer, type CommandRunner, examples } from './command.ts';
import { asTyped, invocation } from './invocation.ts';
import { facts, table } from './terminal.ts';
import { userPath } from './user-path.ts';

interface PlaceReply {
  place: string;
  state: 'current' | 'behind' | 'unreachable';
  since?: string;
  reason?: string;
  addedAt: string;
}

const describe = ({ place, state, since, reason, addedAt }: PlaceReply) =>
  facts([
    ['place', place],
    ['state', state],
    ...(since === undefined ? [] : [['since', since] as [string, string]]),
    ...(reason === undefined ? [] : [['why', asTyped(reason)] as [string, string]]),
    ['added', addedAt],
  ]);

/** 1 when a copy is not up to date: a script is told. */
function answerOf(reply: { places: PlaceReply[] }): Answer {
  const { places } = reply;
  const rows = places.map(({ place, state, since, addedAt }) => [place, state, since ?? '', addedAt]);
  const text = [
    table(
      ['place', 'state', 'since', 'added'],
      rows,
      `No place yet: without the key store nothing in the data opens. Add two: ${invocation} keystore add DIR`,
    ),
    ...places.flatMap(({ place, reason }) => (reason === undefined ? [] : [asTyped(`${place}: ${reason}`)])),
    ...(places.length === 1 ? [`Add a second place, on another disk: ${invocation} keystore add DIR`] : []),
  ].join('\n');
  const behind = places.some(({ state }) => state !== 'current');
  return { json: reply, text, ...(behind ? { exitCode: 1 as const } : {}) };
}

export function addKeystore(program: Command, runner: CommandRunner): void {
  const keystore = program
    .command('keystore')
    .helpCommand(false)
    .description('copies of the key store: without it no backup opens, and erasing reaches every copy');

  runner.run(
    keystore
      .command('places')
      .description('where copies are kept, and whether each is up to date (exit code 1 when one is not)')
      .addHelpText('after', examples('keystore places', 'keystore places --json')),
    async ({ control }) => answerOf(await (await control()).get('/keystore/places')),
  );

  runner.run(
    keystore
      .command('add')
      .argument('<dir>', 'folder on another disk: a stick, a mounted share')
      .description('keep a copy there, up to date with every write from now on')
      .addHelpText('after', examples('keystore add /media/stick', 'keystore add /mnt/safe/gatehouse')),
    async ({ control }, dir = '') => {
      const made = await (await control()).send<PlaceReply>('POST', '/keystore/places', {
        folder: userPath(dir),
      });
      return {
        json: made,
        text: describe(made),
        ...(made.state === 'current' ? {} : { exitCode: 1 as const }),
      };
    },
  );

  runner.run<{ wipe?: boolean }>(
    keystore
      .command('remove')
      .argument('<dir>', 'as `keystore places` shows it')
      .description('keep no copy there any more')
      .option('--wipe', 'overwrite and delete the copy as well')
      .addHelpText(
        'after',
        examples('keystore remove /media/stick --wipe', 'keystore remove /media/lost-stick'),
      ),
    async ({ options, control }, dir = '') => {
      const wipe = options.wipe ?? false;
      const removed = await (await control()).send<PlaceReply>('POST', '/keystore/places/remove', {
        folder: userPath(dir),
        wipe,
      });
      const text = wipe
        ? `The copy in ${removed.place} is overwritten and deleted.`
        : `${removed.place} is no place any more. The copy there stays as it is: it still opens what was sealed for everybody in it, also for those who are erased from now on. Destroy the medium, or add it again and remove it with --wipe.`;
      return { json: { removed: removed.place, wiped: wipe }, text };
    },
  );

  runner.run(
    keystore
      .command('sync')
      .description('bring every place up to date now that can be reached (exit code 1 when one cannot)')
      .addHelpText('after', examples('keystore sync')),
    async ({ control }) => answerOf(await (await control()).send('POST', '/keystore/sync')),
  );
}
