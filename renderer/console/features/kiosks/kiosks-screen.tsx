import { IconDeviceTablet, IconPlus } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { ConsequenceList, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { api, managers, operators, read, useSession } from '../../data.ts';
import { ConfirmOperation, QueryTable, useList } from '../../operations.ts';
import { type Kiosk, kioskStateOf, kioskStates } from './kiosk-state.ts';
import { kioskStrings } from './strings.ts';

export const Route = createLazyRoute('/kiosks')({ component: KiosksScreen });

const EVERY = 30_000;

/** Paired devices, of both worlds. */
function KiosksScreen() {
  const t = useStrings(kioskStrings);
  const { user } = useSession();
  const { state, find } = Route.useSearch();
  const [asked, setAsked] = useState<{ what: 'revoke' | 'unlock'; kiosk: Kiosk }>();
  const query = useList({ ...read('/api/admin/kiosks'), refetchInterval: EVERY });
  const mayManage = managers.includes(user.role);
  const pair = mayManage && (
    <ButtonLink to="/kiosks/pair" kind="primary" icon={IconPlus}>
      {t('pair')}
    </ButtonLink>
  );
  const now = Date.now();
  return (
    <Page title={t('title')} lead={t('lead')} actions={query.data?.items.length !== 0 && pair}>
      <QueryTable
        label={t('title')}
        columns={useColumns(listColumns, kioskStrings)}
        query={query}
        shown={(one) => state === undefined || kioskStateOf(one, now) === state}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        secondLine={(one) => <State kiosk={one} />}
        filters={useFilters(listFilters, kioskStrings)}
        names={({ name, id }) => [name, id]}
        values={{ state, find }}
        actions={(kiosk) =>
          kiosk.revokedAt !== undefined
            ? []
            : [
                operators.includes(user.role) &&
                  kiosk.pinLocked && {
                    label: t('unlock'),
                    onClick: () => setAsked({ what: 'unlock', kiosk }),
                  },
                mayManage && {
                  label: t('revoke'),
                  danger: true,
                  onClick: () => setAsked({ what: 'revoke', kiosk }),
                },
              ]
        }
        empty={{ icon: IconDeviceTablet, title: t('emptyTitle'), action: pair, text: t('emptyText') }}
      />
      {asked && <ConfirmKiosk {...asked} close={() => setAsked(undefined)} />}
    </Page>
  );
}

const kinds = { paired: 'ok', locked: 'warn', silent: 'plain', revoked: 'outline' } as const;

function State({ kiosk }: { kiosk: Kiosk }) {
  const t = useStrings(kioskStrings);
  const state = kioskStateOf(kiosk, Date.now());
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}

const listColumns: Columns<Kiosk, typeof kioskStrings> = [
  {
    id: 'name',
    header: 'kiosk',
    cell: ({ name, fingerprint }, { t }) => (
      <TwoLines
        second={
          <span title={t('fingerprint')}>
            <code>{fingerprint}</code>
          </span>
        }
      >
        <b>{name}</b>
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'revokedAt', priority: 2, cell: (kiosk) => <State kiosk={kiosk} /> },
  {
    id: 'world',
    csv: 'env',
    priority: 3,
    cell: ({ env }, { t }) => (env === 'live' ? t('live') : t('test')),
  },
  {
    id: 'seen',
    csv: 'lastSeenAt',
    header: 'lastSeen',
    cell: ({ lastSeenAt }, { t }) =>
      lastSeenAt === undefined ? (
        <span className="muted">{t('never')}</span>
      ) : (
        <RelativeTime at={lastSeenAt} />
      ),
  },
  {
    id: 'paired',
    csv: 'pairedAt',
    header: 'pairedAt',
    priority: 3,
    cell: ({ pairedAt }) => <RelativeTime at={pairedAt} />,
  },
];

const listFilters: Filters<typeof kioskStrings> = [{ key: 'state', kind: 'choice', options: kioskStates }];

/** Ends a kiosk, or takes PINs at it again. */
function ConfirmKiosk({
  what,
  kiosk: { id, name },
  close,
}: {
  what: 'revoke' | 'unlock';
  kiosk: Kiosk;
  close(): void;
}) {
  const t = useStrings(kioskStrings);
  const params = { id };
  return (
    <ConfirmOperation
      run={() =>
        what === 'revoke'
          ? api.post('/api/admin/kiosks/{id}/revoke', params)
          : api.post('/api/admin/kiosks/{id}/unlock', params)
      }
      toast={[t(`${what}Done`), name]}
      refresh={['kiosks']}
      danger={what === 'revoke'}
      title={t(`${what}Title`, { name })}
      confirmLabel={t(what)}
      {...(what === 'revoke' && { cancelLabel: t('keep') })}
      close={close}
    >
      {what === 'revoke' ? (
        <ConsequenceList gone={[t('goneKey'), t('goneVisit')]} stays={[t('staysPeople'), t('staysRow')]} />
      ) : (
        t('unlockText')
      )}
    </ConfirmOperation>
  );
}
