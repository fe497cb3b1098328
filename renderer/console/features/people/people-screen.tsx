import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { PersonTile } from '../../../ui/badges/person-tile.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
import { shortenId } from '../../../ui/format/format.ts';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Row } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { FilterBar } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { DoubtfulNote } from '../../own-gallery.tsx';
import { QueryTable } from '../../query-table.tsx';
import { operators } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { useAddressPages } from '../../use-address.ts';
import { peopleStrings } from './strings.ts';
import { UpgradesNote } from './upgrades-note.tsx';

export const Route = createLazyRoute('/people')({ component: PeopleScreen });

type Person = Schemas['Subject'];
const LIMIT = 50;
/** Milliseconds, while the service reads names. */
const READ_AGAIN = 1_000;

function PeopleScreen() {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const { user } = useSession();
  const { search, after } = Route.useSearch();
  const navigate = Route.useNavigate();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['people', env, search, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/subjects', {
          params: { query: { env, limit: LIMIT, search, cursor: after } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.reading ? READ_AGAIN : false),
  });
  const count = useQuery({
    queryKey: ['people-count', env],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/subjects/count', { params: { query: { env } }, signal })),
  });
  const bulkImport = operators.includes(user.role) && (
    <ButtonLink to="/people/import">{t('importMany')}</ButtonLink>
  );
  const enroll = operators.includes(user.role) && (
    <ButtonLink to="/enroll" kind="primary">
      <IconUserPlus size={18} stroke={1.75} aria-hidden="true" />
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
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        paging={{ pages, limit: LIMIT, ...(total !== undefined && { total }) }}
        secondLine={(person) => <State person={person} />}
        filters={
          <FilterBar
            filters={[]}
            values={{ search }}
            change={(patch) => void navigate({ search: (now) => ({ ...now, ...patch, after: undefined }) })}
            search={{ key: 'search', label: t('search') }}
          />
        }
        {...(search !== undefined && {
          clearFilters: () =>
            void navigate({ search: (now) => ({ ...now, search: undefined, after: undefined }) }),
        })}
        empty={
          <EmptyState icon={IconUsers} title={t('empty')} action={enroll}>
            {t('emptyLead')}
          </EmptyState>
        }
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

export function State({ person: { email, disabledAt } }: { person: Pick<Person, 'email' | 'disabledAt'> }) {
  const t = useStrings(peopleStrings);
  if (email === undefined) return <Badge kind="warn">{t('keyGone')}</Badge>;
  if (disabledAt !== undefined) return <Badge kind="outline">{t('disabled')}</Badge>;
  return <Badge kind="ok">{t('active')}</Badge>;
}

function useColumns(): readonly Column<Person>[] {
  const t = useStrings(peopleStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('name'),
        cell: (person) => (
          <Row gap={12} wrap={false}>
            <PersonTile id={person.id} />
            <div style={{ minWidth: 0 }}>
              <Link to="/people/$id" params={{ id: person.id }}>
                {nameOf(person)}
              </Link>
              {person.name !== undefined && <div className="tiny muted clip">{person.email}</div>}
            </div>
          </Row>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (person) => <State person={person} /> },
      {
        id: 'pictures',
        header: t('pictures'),
        number: true,
        priority: 2,
        cell: ({ enrollments }) => format.count(enrollments),
      },
      { id: 'changed', header: t('changed'), cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
      {
        id: 'enrolled',
        header: t('enrolled'),
        priority: 3,
        cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
      },
    ],
    [t, format],
  );
}
