import { NativeSelect } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { api, managers, type Schemas, useSession, whole } from '../../data.ts';
import { ConfirmOperation, QueryTable, useList } from '../../operations.ts';
import { stateOf } from './key-state.ts';
import { MadeKey } from './made-key.tsx';
import { keyStrings } from './strings.ts';

export const Route = createLazyRoute('/keys')({ component: KeysScreen });

type Key = Schemas['Key'];

function KeysScreen() {
  const t = useStrings(keyStrings);
  const { user } = useSession();
  const { find } = Route.useSearch();
  const nameOf = useKeyName();
  const [asked, setAsked] = useState<{ what: 'rotate' | 'revoke'; key: Key }>();
  const [made, setMade] = useState<{ name: string; key: string }>();
  const query = useList(whole('/api/admin/keys'));
  const mayChange = managers.includes(user.role);
  const create = (
    <ButtonLink to="/keys/new" kind="primary" icon={IconPlus}>
      {t('create')}
    </ButtonLink>
  );
  if (made)
    return (
      <Page
        title={t('made', { name: made.name })}
        lead={t('madeLead')}
        parents={[{ label: t('title'), to: '/keys' }]}
        reading
      >
        <MadeKey secret={made.key} done={() => setMade(undefined)} />
      </Page>
    );
  return (
    <Page title={t('title')} lead={t('lead')} actions={mayChange && query.data?.items.length !== 0 && create}>
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, keyStrings, nameOf)}
        query={query}
        rowId={({ id }) => id}
        rowName={nameOf}
        names={(key) => [nameOf(key), key.id, `${key.prefix}_${key.env}_…${key.hint}`]}
        values={{ find }}
        secondLine={(key) => <Scopes scopes={key.scopes} />}
        actions={(key) => {
          const works = ['active', 'ending'].includes(stateOf(key, Date.now()));
          if (!mayChange || key.revokedAt !== undefined) return [];
          return [
            works &&
              key.successor === undefined && {
                label: t('rotate'),
                onClick: () => setAsked({ what: 'rotate', key }),
              },
            { label: t('revoke'), danger: true, onClick: () => setAsked({ what: 'revoke', key }) },
          ];
        }}
        empty={{ icon: IconKey, title: t('empty'), action: mayChange && create, text: t('emptyLead') }}
      />
      {asked?.what === 'revoke' && <Revoke apiKey={asked.key} close={() => setAsked(undefined)} />}
      {asked?.what === 'rotate' && (
        <Rotate
          apiKey={asked.key}
          close={() => setAsked(undefined)}
          done={(reply) => {
            setAsked(undefined);
            setMade({ name: nameOf(asked.key), key: reply });
          }}
        />
      )}
    </Page>
  );
}

function useKeyName() {
  const t = useStrings(keyStrings);
  return ({ name, prefix, hint }: Key) => name || t('unnamed', { hint: `${prefix}_…${hint}` });
}

const Scopes = ({ scopes }: { scopes: readonly string[] }) => <code>{scopes.join(', ')}</code>;

const listColumns: Columns<Key, typeof keyStrings, (key: Key) => string> = [
  {
    id: 'key',
    csv: 'name',
    cell: (key, { context: nameOf }) => (
      <div>
        <b>{nameOf(key)}</b>
        <div className="tiny muted">
          <code className="nowrap">
            {key.prefix}_{key.env}_…{key.hint}
          </code>
        </div>
      </div>
    ),
  },
  { id: 'state', csv: 'revokedAt', cell: (key) => <State apiKey={key} /> },
  { id: 'world', csv: 'env', priority: 2, cell: ({ env }, { t }) => t(env) },
  { id: 'scopes', priority: 2, cell: ({ scopes }) => <Scopes scopes={scopes} /> },
  {
    id: 'lastUsed',
    csv: 'lastUsedAt',
    priority: 2,
    cell: ({ lastUsedAt, lastUsedAddress }, { t }) =>
      lastUsedAt === undefined ? (
        <span className="muted">{t('never')}</span>
      ) : (
        <span title={lastUsedAddress && t('from', { address: lastUsedAddress })}>
          <RelativeTime at={lastUsedAt} />
        </span>
      ),
  },
  { id: 'created', csv: 'createdAt', priority: 3, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

const kinds = {
  active: 'ok',
  ending: 'warn',
  expired: 'outline',
  revoked: 'outline',
  altered: 'bad',
} as const;

function State({ apiKey }: { apiKey: Key }) {
  const t = useStrings(keyStrings);
  const format = useFormat();
  const state = stateOf(apiKey, Date.now());
  return (
    <Badge kind={kinds[state]}>
      {state === 'ending' ? t('ends', { date: format.date(apiKey.expiresAt ?? 0) }) : t(state)}
    </Badge>
  );
}

function Revoke({ apiKey, close }: { apiKey: Key; close(): void }) {
  const t = useStrings(keyStrings);
  const nameOf = useKeyName();
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/keys/{id}/revoke', { id: apiKey.id })}
      toast={[t('revokedToast'), nameOf(apiKey)]}
      refresh={['keys']}
      danger
      title={t('revokeTitle', { name: nameOf(apiKey) })}
      confirmLabel={t('revoke')}
      cancelLabel={t('keep')}
      close={close}
    >
      {t('revokeText')}
    </ConfirmOperation>
  );
}

const HOUR = 3600;

function Rotate({ apiKey, close, done }: { apiKey: Key; close(): void; done(secret: string): void }) {
  const t = useStrings(keyStrings);
  const nameOf = useKeyName();
  const [seconds, setSeconds] = useState(7 * 24 * HOUR);
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/keys/{id}/rotate', { id: apiKey.id }, { overlapSeconds: seconds })}
      refresh={['keys']}
      done={({ key }) => done(key)}
      title={t('rotateTitle', { name: nameOf(apiKey) })}
      confirmLabel={t('rotate')}
      close={close}
    >
      <p>{t('rotateText')}</p>
      <NativeSelect
        label={t('overlap')}
        value={String(seconds)}
        onChange={({ target }) => setSeconds(Number(target.value))}
        data={[
          { value: String(7 * 24 * HOUR), label: t('week') },
          { value: String(24 * HOUR), label: t('day') },
          { value: String(HOUR), label: t('hour') },
          { value: '0', label: t('none') },
        ]}
      />
    </ConfirmOperation>
  );
}
