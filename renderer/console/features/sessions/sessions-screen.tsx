import { IconDeviceMobile } from '@tabler/icons-react';
import { createLazyRoute, Link } from '@tanstack/react-router';
import type { z } from 'zod';
import { readReference } from '../../../../sdk/admin/reference.ts';
import { Badge, type BadgeKind, ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, useColumns, useFilters } from '../../../ui/tables/index.ts';
import {
  Actor,
  list,
  PersonName,
  PersonSearch,
  readers,
  type Schemas,
  useSession,
  useWorld,
} from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { reasonsText } from './decided-toast.ts';
import { decisions, flows, type SessionSearch, states } from './search.ts';
import { sessionStrings } from './strings.ts';
import { isVisit } from './visit.ts';

export const Route = createLazyRoute('/sessions')({ component: SessionsScreen });

type Session = Schemas['LiveSession'];

function SessionsScreen() {
  const t = useStrings(sessionStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after, ...filters } = Route.useSearch();
  const query = useList(list('/api/admin/sessions', { env, ...toQuery(filters), cursor: after }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, sessionStrings)}
        query={query}
        rowId={({ id }) => id}
        after={after}
        secondLine={(session) => <SecondLine session={session} />}
        filters={useFilters(listFilters, sessionStrings)}
        values={filters}
        search={{ key: 'person', label: t('personHint'), Field: PersonSearch }}
        empty={{
          icon: IconDeviceMobile,
          title: t('empty'),
          action: readers.includes(user.role) && (
            <ButtonLink to="/flows" kind="primary">
              {t('emptyAction')}
            </ButtonLink>
          ),
          text: t('emptyText'),
        }}
      />
    </Page>
  );
}

/** The text of the search: a person, or the reference or id of a session. */
const toQuery = ({ person: text, ...filters }: z.output<typeof SessionSearch>) =>
  text?.startsWith('sub_')
    ? { ...filters, person: text }
    : { ...filters, reference: text && (readReference(text).session ?? text) };

const kinds = {
  approved: 'ok',
  rejected: 'bad',
  duplicate: 'warn',
  expired: 'outline',
  cancelled: 'outline',
} as const satisfies Record<NonNullable<Session['decision']>, BadgeKind>;

/** The decision, or where the session is. */
export function Outcome({
  session: { decision, state, inReview },
}: {
  session: Pick<Session, 'decision' | 'state' | 'inReview'>;
}) {
  const t = useStrings(sessionStrings);
  if (decision !== undefined) return <Badge kind={kinds[decision]}>{t(decision)}</Badge>;
  if (inReview) return <Badge kind="warn">{t('inReview')}</Badge>;
  return <Badge kind={state === 'created' ? 'outline' : 'info'}>{t(state)}</Badge>;
}

export function Reasons({ codes }: { codes: readonly string[] }) {
  const t = useStrings(sessionStrings);
  return <>{reasonsText(t, codes)}</>;
}

const SecondLine = ({ session }: { session: Session }) => (
  <>
    <Outcome session={session} /> <Reasons codes={session.reasons} />
    <span style={{ display: 'block' }}>
      <Kind flow={session.flow} />
    </span>
  </>
);

function Kind({ flow }: Pick<Session, 'flow'>) {
  const t = useStrings(sessionStrings);
  return <>{t(flow)}</>;
}

const listColumns: Columns<Session, typeof sessionStrings> = [
  {
    id: 'at',
    csv: { id: 'id', createdAt: 'started' },
    header: 'started',
    cell: ({ id, createdAt }) => (
      <Link to="/sessions/$id" params={{ id }}>
        <RelativeTime at={createdAt} />
      </Link>
    ),
  },
  { id: 'result', csv: 'decision', priority: 2, cell: (session) => <Outcome session={session} /> },
  { id: 'why', csv: 'reasons', priority: 2, cell: ({ reasons }) => <Reasons codes={reasons} /> },
  { id: 'flow', priority: 2, cell: ({ flow }, { t }) => t(flow) },
  { id: 'attempts', cell: ({ attempts }, { t }) => t('attemptsOf', { count: attempts }) },
  {
    id: 'risk',
    csv: 'risk.level',
    priority: 3,
    cell: ({ risk }, { t }) => (risk === undefined ? <span className="muted">–</span> : t(risk.level)),
  },
  { id: 'profile', priority: 3, cell: ({ profile }) => profile },
  {
    id: 'person',
    priority: 2,
    cell: ({ person }) =>
      person === undefined ? <span className="muted">–</span> : <PersonName id={person} />,
  },
  { id: 'by', priority: 3, cell: (session) => <By session={session} /> },
];

/** Who asked for it. */
export function By({ session }: { session: Pick<Session, 'flow' | 'by'> }) {
  const t = useStrings(sessionStrings);
  const who = <Actor actor={session.by} />;
  return isVisit(session) ? t.rich('visitor', { by: who }) : who;
}

const listFilters: Filters<typeof sessionStrings> = [
  { key: 'decision', kind: 'choice', options: decisions },
  { key: 'flow', kind: 'choice', options: flows },
  { key: 'state', kind: 'choice', options: states },
  { key: 'inReview', kind: 'choice', options: { true: 'onlyInReview' } },
];
