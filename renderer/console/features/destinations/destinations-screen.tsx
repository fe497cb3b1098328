import { IconPlus, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { z } from 'zod';
import { Badge, Button, RelativeTime } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { ConsequenceList, Dialog, Note, Page } from '../../../ui/layout/index.ts';
import { defineStrings, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { Actor, api, list, managers, type Schemas, useSession } from '../../data.ts';
import {
  ConfirmOperation,
  OperationForm,
  QueryTable,
  Submit,
  useList,
  useOperation,
} from '../../operations.ts';
import { coversUrl, partsOf } from './covers.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const destinationStrings = defineStrings('console/features/destinations/strings', en, de);

export const Route = createLazyRoute('/destinations')({ component: DestinationsScreen });

type Grant = Schemas['Grant'];

function DestinationsScreen() {
  const t = useStrings(destinationStrings);
  const { user } = useSession();
  const { state, after } = Route.useSearch();
  const [allowing, setAllowing] = useState(false);
  const [revoking, setRevoking] = useState<Grant>();
  const query = useList(
    list('/api/admin/grants', {
      cursor: after,
      revoked: state === 'all' ? undefined : state === 'revoked' ? 'true' : 'false',
    }),
  );
  const mayChange = managers.includes(user.role);
  const allow = mayChange && (
    <Button kind="primary" onClick={() => setAllowing(true)} icon={IconPlus}>
      {t('allow')}
    </Button>
  );
  const isEmpty = query.data?.items.length === 0 && state === undefined;
  return (
    <Page title={t('title')} lead={t('lead')} actions={!isEmpty && allow}>
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, destinationStrings)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ to }) => to}
        after={after}
        secondLine={(grant) => (
          <>
            <State grant={grant} /> <Opens grant={grant} />
          </>
        )}
        filters={useFilters(listFilters, destinationStrings)}
        values={{ state }}
        actions={(grant) => [
          mayChange &&
            grant.revoked === undefined && {
              label: t('revoke'),
              danger: true,
              onClick: () => setRevoking(grant),
            },
        ]}
        empty={{
          icon: IconSend,
          title: t('empty'),
          action: allow,
          text: (
            <>
              {t('emptyLead')}{' '}
              <Link to="/destinations" search={{ state: 'revoked' }}>
                {t('showRevoked')}
              </Link>
            </>
          ),
        }}
      />
      {allowing && <AllowDestination close={() => setAllowing(false)} />}
      {revoking && <RevokeDestination grant={revoking} close={() => setRevoking(undefined)} />}
    </Page>
  );
}

function State({ grant: { revoked } }: { grant: Grant }) {
  const t = useStrings(destinationStrings);
  return revoked ? <Badge kind="outline">{t('revoked')}</Badge> : <Badge kind="ok">{t('holds')}</Badge>;
}

/** What an entry opens, in words. */
function Opens({ grant: { to, kind, reach } }: { grant: Pick<Grant, 'to' | 'kind' | 'reach'> }) {
  const t = useStrings(destinationStrings);
  if (kind === 'preset') return t('openPublic');
  if (kind === 'cidr') return to.includes('/') ? t('openNetwork') : t('openAddress');
  const parts = partsOf(to);
  const name = parts?.below ? t('openBelow', { name: parts.name }) : t('openName');
  const what = reach === 'public' ? t('openAtPublic', { what: name }) : name;
  return parts?.port === undefined ? what : t('atPort', { what, port: parts.port });
}

const listColumns: Columns<Grant, typeof destinationStrings> = [
  {
    id: 'to',
    header: 'destination',
    cell: ({ to, note }) => (
      <TwoLines second={note || undefined}>
        <code style={{ overflowWrap: 'anywhere' }}>{to}</code>
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'revoked.at', priority: 2, cell: (grant) => <State grant={grant} /> },
  { id: 'opens', csv: 'reach', priority: 3, cell: (grant) => <Opens grant={grant} /> },
  {
    id: 'by',
    csv: 'createdBy',
    header: 'grantedBy',
    priority: 2,
    cell: ({ createdBy }) => <Actor actor={createdBy} />,
  },
  {
    id: 'at',
    csv: 'createdAt',
    header: 'granted',
    priority: 2,
    cell: ({ createdAt, revoked }, { t }) =>
      revoked === undefined ? (
        <RelativeTime at={createdAt} />
      ) : (
        <TwoLines
          second={
            <>
              {t.rich('revokedBy', { by: <Actor key="by" actor={revoked.by} /> })},{' '}
              <RelativeTime at={revoked.at} />
            </>
          }
        >
          <RelativeTime at={createdAt} />
        </TwoLines>
      ),
  },
];

const listFilters: Filters<typeof destinationStrings> = [
  { key: 'state', kind: 'choice', options: ['revoked', 'all'] },
];

/** Closes a way out, and names the webhooks that surely use it. */
function RevokeDestination({ grant, close }: { grant: Grant; close(): void }) {
  const t = useStrings(destinationStrings);
  const { data: users = [] } = useQuery({
    queryKey: ['webhooks', 'of-both-worlds'],
    async queryFn({ signal }) {
      const worlds = await Promise.all(
        (['live', 'test'] as const).map((env) => api.get('/api/admin/webhooks', { env, limit: 200 }, signal)),
      );
      return worlds.flatMap(({ items }) => items);
    },
  });
  const affected = users.filter(({ url }) => coversUrl(grant, url));
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/grants/{id}', { id: grant.id })}
      toast={[t('revokedToast'), grant.to]}
      refresh={['grants']}
      danger
      title={t('revokeTitle', { to: grant.to })}
      confirmLabel={t('revoke')}
      cancelLabel={t('keep')}
      refusal={t('notRevoked')}
      close={close}
    >
      <ConsequenceList
        gone={[
          t('goneSending'),
          ...affected.map(({ description, url }) => t('goneWebhook', { name: description || url })),
        ]}
        stays={[t('stayWaiting'), t('stayList')]}
      />
    </ConfirmOperation>
  );
}

const Field = fieldsOf<Values>()(destinationStrings);

function useSchema() {
  const t = useStrings(destinationStrings);
  return z
    .object({
      kind: z.enum(['name', 'below', 'network', 'public']),
      to: z.string().trim().max(300),
      note: z.string().trim().max(300),
    })
    .refine(({ kind, to }) => kind === 'public' || to !== '', { path: ['to'], message: t('toMissing') });
}
type Values = z.output<ReturnType<typeof useSchema>>;

/** The destination as the route takes it. */
function toOf({ kind, to }: Values): string {
  if (kind === 'public') return 'public-https';
  return kind === 'below' && !to.startsWith('*.') ? `*.${to}` : to;
}

/** Opens a way out of the box. */
function AllowDestination({ close }: { close(): void }) {
  const t = useStrings(destinationStrings);
  const { user } = useSession();
  const form = useCheckedForm<Values>(useSchema(), { kind: 'name', to: '', note: '' });
  const kind = form.watch('kind');
  const allow = useAllow(close);
  const hints = { name: t('hintName'), below: t('hintBelow'), network: t('hintNetwork'), public: '' };
  return (
    <Dialog title={t('allowTitle')} close={close}>
      <OperationForm
        form={form}
        operation={allow}
        refusal={t('notAllowed')}
        foot={
          <Submit of={allow} back={close}>
            {t('confirm')}
          </Submit>
        }
      >
        <p className="muted">{t('allowText')}</p>
        <Field
          name="kind"
          data-autofocus
          options={[
            'name',
            'below',
            ...(user.applianceOwner ? [{ value: 'network', label: t('kindNetwork') }] : []),
            'public',
          ]}
        />
        {kind === 'public' ? (
          <Note kind="warn" title={t('publicWarning')} />
        ) : (
          <Field name="to" hint={hints[kind]} autoComplete="off" spellCheck={false} maxLength={300} />
        )}
        <Field name="note" maxLength={300} optional />
      </OperationForm>
    </Dialog>
  );
}

function useAllow(close: () => void) {
  const t = useStrings(destinationStrings);
  return useOperation(
    (values: Values) =>
      api.post(
        '/api/admin/grants',
        {},
        { to: toOf(values), ...(values.note !== '' && { note: values.note }) },
      ),
    { toast: ({ to }) => [t('allowedToast'), to], refresh: ['grants'], done: close },
  );
}
