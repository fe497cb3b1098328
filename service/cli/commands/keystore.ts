import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { describeDatabase, parseConfig } from '../../config.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { silentLog } from '../../lib/log.ts';
import { requireInitialized } from '../data-directory.ts';
import { UsageError } from '../failure.ts';
import { readPeople, toggle, value } from '../flag.ts';
import { asTyped, invocation } from '../invocation.ts';
import { call, list, noun, tableOf, work } from '../operation-command.ts';
import { keysDatabaseUrlFlag, toConfigInput } from '../serve/options.ts';
import { userPath } from '../user-path.ts';

type CopyFolder = Schemas['KeyPlace'];

export const keystore = noun(
  'copies of the key store: backups cannot be opened without it, and an erasure updates every copy',
  {
    places: list('GET /api/admin/key-store/places', {
      about: 'the copies, and whether each is up to date (exit code 1 when one is not)',
      limit: 200,
      rows: describeFolders,
      failed: isBehind,
      examples: ['keystore places', 'keystore places --json'],
    }),
    add: call('POST /api/admin/key-store/places', {
      args: { dir: value('<dir>', 'folder on another disk: a stick, a mounted share') },
      about: 'keep a copy in a folder, updated with every write',
      ask: ({ dir = '' }) => ({ folder: userPath(dir) }),
      text: {
        place: 'place',
        copy: 'copy',
        state: 'state',
        since: 'since',
        why: ({ reason }) => reason && asTyped(reason),
        added: 'addedAt',
      },
      failed: ({ state }) => state !== 'current',
      examples: ['keystore add /media/stick', 'keystore add /mnt/safe/gatehouse'],
    }),
    remove: work({
      args: { dir: value('<dir>', 'as `keystore places` shows it') },
      about: 'stop keeping a copy in a folder',
      options: {
        wipe: toggle('overwrite and delete the copy as well'),
        destroyed: toggle('attest that its medium is destroyed: pending erasures stop waiting for it'),
        confirm: value('<dir>', 'the folder once more, with --destroyed'),
        copy: value('<id>', 'which copy, with --destroyed, where several were kept there'),
      },
      examples: [
        'keystore remove /media/stick --wipe',
        'keystore remove /media/lost-stick',
        'keystore remove /media/lost-stick --destroyed --confirm /media/lost-stick',
      ],
      async run({ dir = '', wipe = false, destroyed, confirm, copy }, { control }) {
        const folder = userPath(dir);
        if (!destroyed) {
          if (confirm !== undefined || copy !== undefined)
            throw new UsageError('--confirm and --copy go with --destroyed.');
          const { admin } = await control();
          const removed = await replyOf(
            admin.POST('/api/admin/key-store/places/remove', { body: { folder, wipe } }),
          );
          const text = wipe
            ? `The copy in ${removed.place} is overwritten and deleted.`
            : `No copy is kept in ${removed.place} any more. The file there stays, and it still opens the data of every person in it, also of people who are erased from now on. Add it again and remove it with --wipe, or destroy the medium and attest that: ${invocation} keystore remove ${removed.place} --destroyed --confirm ${removed.place}`;
          return { json: { removed: removed.place, wiped: wipe }, text };
        }
        if (wipe)
          throw new UsageError(
            '--wipe is for a copy that is there, --destroyed for one that is gone: choose.',
          );
        if (confirm === undefined || userPath(confirm) !== folder) {
          throw new UsageError(
            `Every receipt that waits for this copy will name you and say that this rests on your word. Nothing was changed. To confirm, give the folder once more: --confirm "${folder}"`,
          );
        }
        const { admin } = await control();
        const attested = await replyOf(
          admin.POST('/api/admin/key-store/places/destroyed', {
            body: { folder, confirm: folder, ...defined({ copy }) },
          }),
        );
        return {
          json: { attestedDestroyed: attested },
          text: `The copy that was kept in ${attested.place} counts as destroyed on your word, with your name in the log. Erasures that wait for it are done within a minute while the service runs; their receipts say whose word it is.`,
        };
      },
    }),
    move: work({
      about: 'move the keys from DATA/keys.db into a PostgreSQL database of their own, as several nodes need',
      options: {
        keysDatabaseUrl: value(
          keysDatabaseUrlFlag[0].replace(/^\S+ /, ''),
          'an empty PostgreSQL database, another one than of the record; written into gatehouse.json',
        ),
        confirm: value('<count>', 'how many people have a key there', readPeople),
      },
      examples: [
        'keystore move --keys-database-url postgresql://gatehouse@db.example/gatehouse_keys',
        'keystore move --keys-database-url postgresql://gatehouse@db.example/gatehouse_keys --confirm 250',
      ],
      notes:
        'The service must not run. What is keys.db now stays as a copy of the key store, which follows each write. Cut short, the same command completes it.',
      async run({ keysDatabaseUrl, confirm }, { data }) {
        await requireInitialized(data);
        const config = parseConfig(toConfigInput(data, defined({ keysDatabaseUrl })));
        if (config.keysDatabaseUrl === undefined)
          throw new UsageError('Name the database of the keys: --keys-database-url URL.');
        const { moveKeys } = await import('../../data-directory/move-keys.ts');
        const moved = await moveKeys({
          data,
          url: config.keysDatabaseUrl,
          clock: systemClock,
          log: silentLog,
          ...defined({ confirm }),
        });
        const text = [
          `The keys of ${moved.people} people are in ${describeDatabase(config.keysDatabaseUrl)}, and gatehouse.json names it.`,
          `What was keys.db is a copy of the key store now, in ${moved.before}. When the service is ready and copies lie elsewhere:  ${invocation} keystore remove ${moved.before} --wipe`,
          `Start the service:  ${invocation} serve --data ${data}`,
        ].join('\n');
        return { json: moved, text };
      },
    }),
    sync: call('POST /api/admin/key-store/sync', {
      about: 'update every copy that can be reached (exit code 1 when one cannot)',
      json: ({ items }) => ({ items }),
      text: ({ items }) => describeFolders(items),
      failed: ({ items }) => isBehind(items),
      examples: ['keystore sync'],
    }),
  },
);

function describeFolders(items: readonly CopyFolder[]): string {
  return [
    tableOf(
      items,
      { place: 'place', state: 'state', since: ({ since }) => since ?? '', added: 'addedAt' },
      `No copy of the key store is kept: without one no backup can be opened. Add two: ${invocation} keystore add DIR`,
    ),
    ...items.flatMap(({ place, reason }) => (reason === undefined ? [] : [asTyped(`${place}: ${reason}`)])),
    ...(items.length === 1 ? [`Add a second copy, on another disk: ${invocation} keystore add DIR`] : []),
  ].join('\n');
}

function isBehind(items: readonly CopyFolder[]): boolean {
  return items.some(({ state }) => state !== 'current');
}
