import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Badge, ButtonLink, PersonTile, RelativeTime } from '../../../ui/controls/index.ts';
import { Note, Page, Row } from '../../../ui/layout/index.ts';
import { shortenId, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { list, operators, read, type Schemas, useSession, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { DoubtfulNote } from '../../own-gallery.tsx';
import { upgradesQuery } from '../../queries.ts';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/people')({ component: PeopleScreen });

type Person = Schemas['Subject'];
/** Milliseconds, while the service reads names. */
const READ_AGAIN = 1_000;

function PeopleScreen() {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const { user } = useSession();
  const { search, after } = Route.useSearch();
  const query = useList({
    ...list('/api/admin/subjects', { env, search, cursor: after }),
    refetchInterval: ({ state }) => (state.data?.reading ? READ_AGAIN : false),
  });
  const count = useQuery(read('/api/admin/subjects/count', { env }));
  const bulkImport = operators.includes(user.role) && (
    <ButtonLink to="/people/import">{t('importMany')}</ButtonLink>
  );
  const enroll = operators.includes(user.role) && (
    <ButtonLink to="/enroll" kind="primary" icon={IconUserPlus}>
      {t('enroll')}
    </ButtonLink>
  );
  const total = search === undefined ? count.data?.count : undefined;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <ButtonLink to="/consents">{t('consents')}</ButtonLink>
          <ButtonLink to="/receipts">{t('receipts')}</ButtonLink>
          {bulkImport}
          {enroll}
        </>
      }
    >
      <DoubtfulNote />
      <UpgradesNote />
      {search !== undefined && query.data?.reading && <Reading {...query.data.reading} />}
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, peopleStrings)}
        query={query}
        rowId={({ id }) => id}
        after={after}
        total={total}
        secondLine={(person) => <State person={person} />}
        values={{ search }}
        search={{ key: 'search', label: t('search') }}
        empty={{ icon: IconUsers, title: t('empty'), action: enroll, text: t('emptyLead') }}
      />
    </Page>
  );
}

function Reading({ read, people }: NonNullable<Schemas['SubjectPage']['reading']>) {
  const t = useStrings(peopleStrings);
  const format = useFormat();
  return (
    <div role="status">
      <Note title={t('reading')}>
        {t('readingText', { read: format.count(read), people: format.count(people) })}
      </Note>
    </div>
  );
}

/** What a person is called: the name, else the address, else the id. */
export const nameOf = ({ id, name, email }: Pick<Person, 'id' | 'name' | 'email'>): string =>
  name ?? email ?? shortenId(id);

export function State({
  person: { email, disabledAt, unreadable },
}: {
  person: Pick<Person, 'email' | 'disabledAt' | 'unreadable'>;
}) {
  const t = useStrings(peopleStrings);
  if (unreadable !== undefined) return <Badge kind="warn">{t('damaged')}</Badge>;
  if (email === undefined) return <Badge kind="warn">{t('keyGone')}</Badge>;
  if (disabledAt !== undefined) return <Badge kind="outline">{t('disabled')}</Badge>;
  return <Badge kind="ok">{t('active')}</Badge>;
}

const listColumns: Columns<Person, typeof peopleStrings> = [
  {
    id: 'name',
    csv: { id: 'id', email: 'email', name: 'name' },
    cell: (person) => (
      <Row gap={12} wrap={false}>
        <PersonTile id={person.id} />
        <div style={{ minWidth: 0 }}>
          <Link to="/people/$id" params={{ id: person.id }}>
            {nameOf(person)}
          </Link>
          {person.name !== undefined && (
            <div className="tiny muted clip" title={person.email}>
              {person.email}
            </div>
          )}
        </div>
      </Row>
    ),
  },
  { id: 'state', csv: 'disabledAt', priority: 2, cell: (person) => <State person={person} /> },
  {
    id: 'pictures',
    csv: 'enrollments',
    number: true,
    priority: 2,
    cell: ({ enrollments }, { format }) => format.count(enrollments),
  },
  { id: 'changed', csv: 'updatedAt', cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
  { id: 'enrolled', csv: 'createdAt', priority: 3, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

/** How many people are recognized by a superseded embedding model alone, with the way to them; nothing where there are none. */
function UpgradesNote() {
  const t = useStrings(peopleStrings);
  const { data } = useQuery(upgradesQuery(useWorld()));
  const count = data === undefined ? 0 : data.provisional + data.waiting;
  if (count === 0) return null;
  return (
    <Note
      title={t('upgrades', { count })}
      action={<ButtonLink to="/people/upgrades">{t('showUpgrades')}</ButtonLink>}
    >
      {t('upgradesText')}
    </Note>
  );
}
