import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { limitFlag } from '../limit-flag.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { facts, table } from '../terminal/terminal.ts';

type Subject = Schemas['Subject'];

interface Listing extends RealmOptions {
  limit: number;
}

export function addSubjectShow(subject: Command, runner: CommandRunner): void {
  const list = subject
    .command('list')
    .description('the people of an organization, the newest first (audited)')
    .option(...limitFlag(1000))
    .addHelpText('after', examples('subject list', 'subject list --env test --limit 20 --json'));
  runner.run<Listing>(withRealm(list), async ({ options, control }) => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const items = await listPeople(open, query, options.limit);
    const { count: total } = await replyOf(
      open.admin.GET('/api/admin/subjects/count', { params: { query } }),
    );
    const rest = total > items.length ? `\n… of ${total.toLocaleString('en')}; more with --limit` : '';
    return { json: { items, total }, text: peopleTable(items, 'No person is enrolled.') + rest };
  });

  const find = subject
    .command('find')
    .argument('<text>', 'a part of the e-mail address or of the name, or the id')
    .description('people by address, name or id, the newest first (audited)')
    .option(...limitFlag(100))
    .addHelpText('after', examples('subject find lovelace', 'subject find @example.com --env test --json'));
  runner.run<Listing>(withRealm(find), async ({ options, control }, search = '') => {
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const items = await findPeople(open, { ...query, search }, options.limit);
    const text = peopleTable(
      items,
      `No person in the ${env} world has “${search}” in the address or the name.`,
    );
    return { json: { items }, text };
  });

  const show = subject
    .command('show')
    .argument('<person>', 'id or e-mail address')
    .description('one person and their pictures (audited)')
    .addHelpText('after', examples('subject show ada@example.com', 'subject show sub_01… --env test'));
  runner.run<RealmOptions>(withRealm(show), async ({ options, control }, person = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.GET('/api/admin/subjects/{id}', { params: { path: { id: person }, query } }),
    );
    return { json: one, text: `${personFacts(one)}\n\n${picturesTable(one.pictures)}` };
  });
}

const listPeople = (
  { admin }: Control,
  query: { organization: string; env: Subject['env']; search?: string },
  most: number,
) =>
  allPages(
    (page) => replyOf(admin.GET('/api/admin/subjects', { params: { query: { ...query, ...page } } })),
    most,
  );

/** Milliseconds. */
const READ_AGAIN = 500;

/** Once the service has read all names: until then a search finds the newest people only. */
async function findPeople(
  open: Control,
  query: { organization: string; env: Subject['env']; search: string },
  most: number,
): Promise<Subject[]> {
  for (;;) {
    const { reading } = await replyOf(
      open.admin.GET('/api/admin/subjects', { params: { query: { ...query, limit: 1 } } }),
    );
    if (!reading) return listPeople(open, query, most);
    await delay(READ_AGAIN);
  }
}

function peopleTable(people: readonly Subject[], empty: string): string {
  const rows = people.map((one) => [one.id, one.email, one.name, one.enrollments, one.createdAt]);
  return table(['id', 'e-mail', 'name', 'pictures', 'since'], rows, empty);
}

export const personFacts = (one: Subject): string =>
  facts([
    ['id', one.id],
    ['e-mail', one.email],
    ['name', one.name],
    ['pictures', one.enrollments],
    ['since', one.createdAt],
    ['last picture', one.updatedAt],
  ]);

export function picturesTable(pictures: readonly Schemas['EnrolledPicture'][]): string {
  const rows = pictures.map((one) => [
    one.id,
    one.createdAt,
    one.quality.toFixed(2),
    one.confirmed ? 'yes' : 'no',
    one.comparable ? '' : 'made by a model that is not in use',
  ]);
  return table(['picture', 'enrolled', 'quality', 'confirmed', ''], rows, 'No pictures.');
}
