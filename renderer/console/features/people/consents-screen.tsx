import { IconFileCertificate } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { consentStates, purposes } from '../../../../sdk/admin/values.ts';
import { Badge, ButtonLink, ExactTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { Actor, list, PersonName, PersonSearch, type Schemas, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { momentOfDay } from '../../search-values.ts';
import { SaveReceipt } from './consent-card.tsx';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/consents')({ component: ConsentsScreen });

type Listed = Schemas['ListedConsent'];

/** Which person agreed to what, in which text, and the signed receipt of it. */
function ConsentsScreen() {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const { after, ...filters } = Route.useSearch();
  const { from, until, ...asked } = filters;
  const query = useList(
    list('/api/admin/consents', {
      ...asked,
      from: momentOfDay(from, 0),
      until: momentOfDay(until, 1),
      env,
      cursor: after,
    }),
  );
  return (
    <Page title={t('consents')} lead={t('consentsLead')} parents={[{ label: t('title'), to: '/people' }]}>
      <QueryTable
        label={t('consents')}
        columns={useColumns(listColumns, peopleStrings)}
        query={query}
        rowId={({ id }) => id}
        after={after}
        secondLine={(consent) => <SecondLine consent={consent} />}
        filters={useFilters(listFilters, peopleStrings)}
        values={filters}
        search={{ key: 'person', label: t('consentPerson'), Field: PersonSearch }}
        empty={{
          icon: IconFileCertificate,
          title: t('consentsEmpty'),
          action: <ButtonLink to="/consent-text">{t('consentText')}</ButtonLink>,
          text: t('consentsEmptyText'),
        }}
      />
    </Page>
  );
}

function State({ consent: { state, withdrawn, purposes: agreed } }: { consent: Listed }) {
  const t = useStrings(peopleStrings);
  if (state === 'valid') return <Badge kind="ok">{t('valid')}</Badge>;
  if (state === 'expired') return <Badge kind="outline">{t('expired')}</Badge>;
  return <Badge kind="warn">{t(withdrawn.length < agreed.length ? 'partlyWithdrawn' : 'withdrawn')}</Badge>;
}

const SecondLine = ({ consent }: { consent: Listed }) => (
  <>
    <State consent={consent} /> <SaveReceipt person={consent.person} consent={consent.id} />
  </>
);

const listColumns: Columns<Listed, typeof peopleStrings> = [
  {
    id: 'person',
    header: 'subject',
    csv: { id: 'id', person: 'subject' },
    cell: ({ person }) => <PersonName id={person} />,
  },
  { id: 'state', priority: 2, cell: (consent) => <State consent={consent} /> },
  {
    id: 'purposes',
    header: 'consentFor',
    priority: 3,
    cell: ({ purposes: agreed }, { t }) => agreed.map((purpose) => t(purpose)).join(', '),
  },
  {
    id: 'textVersion',
    header: 'consentVersion',
    csv: { textVersion: 'consentVersion', language: 'language', textSha256: 'textHash' },
    priority: 3,
    cell: ({ textVersion }) => <code style={{ overflowWrap: 'anywhere' }}>{textVersion}</code>,
  },
  {
    id: 'by',
    header: 'consentBy',
    csv: { method: 'method', legalBasis: 'legalBasis', by: 'consentBy' },
    priority: 3,
    cell: ({ by, through }, { t }) => (through === 'self' ? t('thePerson') : <Actor actor={by} />),
  },
  {
    id: 'givenAt',
    header: 'consentGiven',
    csv: { givenAt: 'consentGiven', expiresAt: 'consentUntil' },
    cell: ({ givenAt }) => <ExactTime at={givenAt} />,
  },
  {
    id: 'receipt',
    header: 'receiptOf',
    csv: false,
    priority: 2,
    cell: ({ person, id }) => <SaveReceipt person={person} consent={id} />,
  },
];

const listFilters: Filters<typeof peopleStrings> = [
  {
    key: 'state',
    kind: 'choice',
    options: consentStates,
  },
  { key: 'purpose', label: 'consentFor', kind: 'choice', options: purposes },
  {
    key: 'through',
    label: 'channel',
    kind: 'choice',
    options: { integrator: 'throughIntegrator', operator: 'throughOperator', self: 'throughSelf' },
  },
  { key: 'textVersion', label: 'consentVersion', kind: 'text' },
  { key: 'from', label: 'fromDay', kind: 'day' },
  { key: 'until', label: 'untilDay', kind: 'day' },
];
