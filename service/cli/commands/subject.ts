import { setTimeout as delay } from 'node:timers/promises';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas, streamOf } from '../../../sdk/admin/client.ts';
import { UsageError } from '../failure.ts';
import { orNo, person, toggle, value } from '../flag.ts';
import { intoNewFile } from '../into-new-file.ts';
import { invocation } from '../invocation.ts';
import { call, factsOf, noun, type Realm, type Shown, tableOf, work } from '../operation-command.ts';
import { enroll } from '../subject/enroll.ts';
import { erase } from '../subject/erase.ts';
import { importSubjects } from '../subject/import.ts';
import { count, facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

const exportSubject = work({
  on: 'world',
  args: { person: value('<person>', 'id or e-mail address; a person who was erased by id') },
  about:
    'everything held about a person as one JSON document, or as a PDF for people (GDPR Art. 15 and 20) (audited)',
  options: {
    out: value('<file>', 'into a new file that only this account reads'),
    pdf: value('<file>', 'as a PDF instead, into a new file that only this account reads'),
    withTemplates: toggle('include the vectors, with which faces can be compared'),
    withInternal: toggle(
      'include the reasons of legal holds, which the law may require to withhold from the person',
    ),
  },
  examples: [
    'subject export ada@example.com --out ada.json',
    'subject export ada@example.com --pdf ada.pdf',
    'subject export sub_01… --with-templates --json',
  ],
  async run({ person: id = '', out, pdf, withTemplates, withInternal }, { realm }) {
    if (out !== undefined && pdf !== undefined)
      throw new UsageError('Give one of --out and --pdf: a run writes one file.');
    if (pdf !== undefined && withTemplates)
      throw new UsageError('--with-templates: a PDF has no vectors. Write them as JSON with --out FILE.');
    const paramsOf = async () => {
      const { open, query } = await realm();
      const flags = {
        withTemplates: withTemplates ? 'true' : 'false',
        withInternal: withInternal ? 'true' : 'false',
      } as const;
      return { open, path: { id }, query: { ...query, ...flags } };
    };
    const written = (file: string) => ({
      json: { file: userPath(file) },
      text: `Everything held about ${id} is in ${userPath(file)}.`,
    });
    if (pdf !== undefined) {
      const print = async () => {
        const { open, path, query } = await paramsOf();
        const params = { path, query: { ...query, format: 'pdf' as const } };
        const parts = streamOf(
          open.admin.GET('/api/admin/subjects/{id}/export', { params, parseAs: 'stream' }),
        );
        const chunks: Uint8Array[] = [];
        for await (const part of parts) chunks.push(part);
        return Buffer.concat(chunks);
      };
      await intoNewFile(pdf, print, { flag: '--pdf' });
      return written(pdf);
    }
    const record = await intoNewFile(out, async () => {
      const { open, ...params } = await paramsOf();
      return replyOf(open.admin.GET('/api/admin/subjects/{id}/export', { params }));
    });
    return out === undefined ? { json: record, text: JSON.stringify(record, null, 2) } : written(out);
  },
});

type Subject = Schemas['Subject'];

const picture = value('<picture>', 'id of the picture, as `subject show` lists it');
const shown: Shown<Subject> = {
  id: 'id',
  'e-mail': 'email',
  name: 'name',
  pictures: 'enrollments',
  since: 'createdAt',
  'last picture': 'updatedAt',
};

const doubts: Record<Schemas['DoubtfulPerson']['doubt'], string> = {
  'no-person': 'the template is like those of drawings, statues, and faces that are upside down',
  'like-no-person': 'the template is like such a template of another person',
  'like-many': 'the template is like those of several other people',
};

export const subject = noun('the people of an organization and their pictures', {
  enroll,
  import: importSubjects,
  list: work({
    on: 'world',
    about: 'the people of an organization, the newest first (audited)',
    limit: 1000,
    examples: ['subject list', 'subject list --env test --limit 20 --json'],
    async run({ limit }, { realm }) {
      const on = await realm();
      const items = await listPeople(on, limit);
      const { count: total } = await replyOf(
        on.open.admin.GET('/api/admin/subjects/count', { params: { query: on.query } }),
      );
      const rest = total > items.length ? `\n… of ${total.toLocaleString('en')}; more with --limit` : '';
      return { json: { items, total }, text: peopleTable(items, 'No person is enrolled.') + rest };
    },
  }),
  find: work({
    on: 'world',
    args: { text: value('<text>', 'a part of the e-mail address or of the name, or the id') },
    about: 'people by address, name or id, the newest first (audited)',
    limit: 100,
    examples: ['subject find lovelace', 'subject find @example.com --env test --json'],
    async run({ text: search = '', limit }, { realm, env }) {
      const on = await realm();
      await namesAreRead(on, search);
      const items = await listPeople(on, limit, search);
      const empty = `No person in the ${env} world has “${search}” in the address or the name.`;
      return { json: { items }, text: peopleTable(items, empty) };
    },
  }),
  show: call('GET /api/admin/subjects/{id}', {
    on: 'world',
    args: { id: person },
    about: 'one person and their pictures (audited)',
    text: (one) => `${factsOf(one, shown)}\n\n${picturesTable(one)}`,
    examples: ['subject show ada@example.com', 'subject show sub_01… --env test'],
  }),
  change: call('PATCH /api/admin/subjects/{id}', {
    on: 'world',
    args: { id: person },
    about:
      'change the e-mail address, name or date of birth of a person; pictures, consent and holds stay (audited, with what it was before)',
    fields: {
      email: value('<address>', 'the new e-mail address'),
      name: orNo(value('<name>', 'the new name'), 'remove the name'),
      birthDate: orNo(
        value('<date>', 'date of birth that you have checked against a document, YYYY-MM-DD'),
        'remove the date of birth',
      ),
    },
    ask({ id: _, ...given }) {
      if (Object.keys(given).length > 0) return {};
      throw new UsageError('Nothing to change. Give --email, --name, --no-name or --birth-date.');
    },
    text: shown,
    examples: [
      'subject change ada@example.com --email ada.lovelace@example.com',
      'subject change sub_01… --name "Ada Lovelace"',
      'subject change ada@example.com --birth-date 1990-12-10',
    ],
  }),
  confirm: call('PATCH /api/admin/subjects/{id}/pictures/{picture}', {
    on: 'world',
    args: { id: person, picture },
    about:
      'confirm that a picture shows the person: later pictures have to match a confirmed one, and it is never dropped (audited)',
    options: { withdraw: toggle('withdraw the confirmation; one confirmed picture stays') },
    ask: ({ withdraw }) => ({ confirmed: withdraw !== true }),
    json: ({ items }) => ({ items }),
    text: ({ items }) => picturesTable({ pictures: items }),
    examples: [
      'subject confirm ada@example.com enr_01…',
      'subject confirm ada@example.com enr_01… --withdraw',
    ],
  }),
  'remove-picture': call('DELETE /api/admin/subjects/{id}/pictures/{picture}', {
    on: 'world',
    args: { id: person, picture },
    about:
      'remove an enrolled picture: the person is not recognized by it any more; one confirmed picture stays (audited)',
    confirm: {
      option: '--confirm <picture>',
      about: 'the picture, as a confirmation',
      word: ({ picture }) => [
        picture,
        `This cannot be undone. To confirm, repeat the picture: --confirm ${picture}`,
      ],
    },
    json: ({ items }) => ({ items }),
    text: ({ items }) => picturesTable({ pictures: items }),
    examples: ['subject remove-picture ada@example.com enr_01… --confirm enr_01…'],
  }),
  doubtful: call('GET /api/admin/subjects/doubtful', {
    on: 'world',
    summary: 'list people whose picture should be taken again',
    about:
      'Lists people whose template does not distinguish them from others: a stranger with a similar picture could pass as one of them. ' +
      'All templates are read and compared, which takes seconds with thousands of people. The listing is audited.',
    text({ items }) {
      const listed = tableOf(
        items,
        { person: ({ email, id }) => email ?? id, why: ({ doubt }) => doubts[doubt] },
        'No template is in doubt.',
      );
      return items.length === 0
        ? listed
        : `${listed}\n\nEnroll each again with a picture of the bare, upright face (${invocation} subject enroll … --confirmed), then remove the old picture (${invocation} subject remove-picture).`;
    },
    examples: ['subject doubtful', 'subject doubtful --env test --json'],
  }),
  erase,
  export: exportSubject,
  unlock: call('POST /api/admin/subjects/unlock', {
    on: 'world',
    args: { person: value('<person>', 'id, or the e-mail address that was claimed') },
    about: 'allow verification again after too many failed attempts (audited)',
    text: ({ failures, disabled }) =>
      failures === 0
        ? 'Nothing was locked: there is no failed attempt.'
        : `${count(failures, 'failed attempt is', 'failed attempts are')} cleared; ${disabled ? 'verification is allowed again' : 'nothing is delayed any more'}.`,
    examples: ['subject unlock ada@example.com', 'subject unlock sub_01… --env test'],
  }),
  upgrades: work({
    on: 'world',
    about:
      'people who are recognized only by a former model: two verified visits with liveness, an enrollment by staff or an import make templates of the present one (audited)',
    limit: 1000,
    examples: ['subject upgrades', 'subject upgrades --env test --json'],
    async run({ limit }, { realm }) {
      const { open, query } = await realm();
      let counts = { upgraded: 0, provisional: 0, waiting: 0 };
      const items = await allPages(async (page) => {
        const { upgraded, provisional, waiting, ...rest } = await replyOf(
          open.admin.GET('/api/admin/template-upgrades', {
            params: { query: { ...query, ...page, names: 'true' } },
          }),
        );
        counts = { upgraded, provisional, waiting };
        return rest;
      }, limit);
      const { upgraded, provisional, waiting } = counts;
      const left = provisional + waiting;
      const rest = left > items.length ? `\n… of ${left.toLocaleString('en')}; more with --limit` : '';
      const list = tableOf(
        items,
        {
          person: ({ email, id }) => email ?? id,
          'kept so far': ({ provisional }) => (provisional ? 'one visit' : 'nothing'),
        },
        upgraded === 0
          ? 'No person is recognized by a former embedding model.'
          : 'Every person has templates of the present model.',
      );
      const text = facts([
        ['upgraded', upgraded],
        ['one visit kept', provisional],
        ['not yet', waiting],
      ]);
      return { json: { ...counts, items }, text: `${text}\n\n${list}${rest}` };
    },
  }),
});

const listPeople = ({ open, query }: Realm<'world'>, most: number, search?: string) =>
  allPages(
    (page) =>
      replyOf(
        open.admin.GET('/api/admin/subjects', {
          params: { query: { ...query, ...(search !== undefined && { search }), ...page } },
        }),
      ),
    most,
  );

/** Milliseconds. */
const READ_AGAIN = 500;

/** Resolves once the service has read all names: until then a search finds the newest people only. */
async function namesAreRead({ open, query }: Realm<'world'>, search: string): Promise<void> {
  const ask = { params: { query: { ...query, search, limit: 1 } } };
  while ((await replyOf(open.admin.GET('/api/admin/subjects', ask))).reading) await delay(READ_AGAIN);
}

function peopleTable(people: readonly Subject[], empty: string): string {
  const { 'last picture': _, ...columns } = shown;
  return tableOf(people, columns, empty);
}

const picturesTable = ({ pictures }: { pictures: readonly Schemas['EnrolledPicture'][] }): string =>
  tableOf(
    pictures,
    {
      picture: 'id',
      enrolled: 'createdAt',
      quality: ({ quality }) => quality.toFixed(2),
      confirmed: ({ confirmed }) => (confirmed ? 'yes' : 'no'),
      '': ({ comparable }) => (comparable ? '' : 'made by a model that is not in use'),
    },
    'No pictures.',
  );
