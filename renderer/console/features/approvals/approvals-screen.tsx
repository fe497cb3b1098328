import { IconEyeCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { approvalStates } from '../../../../sdk/admin/values.ts';
import { Badge, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, ConfirmDialog, Page, Row } from '../../../ui/layout/index.ts';
import { defineStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { api, list, managers, organizationQuery, PersonName, type Schemas, useSession } from '../../data.ts';
import { QueryTable, Refused, RunButton, RunCommand, useList, useOperation } from '../../operations.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const approvalStrings = defineStrings('console/features/approvals/strings', en, de);

export const Route = createLazyRoute('/approvals')({ component: ApprovalsScreen });

type Approval = Schemas['Approval'];

function ApprovalsScreen() {
  const t = useStrings(approvalStrings);
  const { state, after } = Route.useSearch();
  const [confirming, setConfirming] = useState<Approval>();
  const query = useList(list('/api/admin/approvals', { cursor: after, state }));
  const decide = useDecide();
  const actions = useActions(setConfirming, (approval) => decide.mutate({ approval, verb: 'decline' }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <FourEyes />
      {decide.error && !confirming && <Refused of={decide} title={t('notDecided')} />}
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, approvalStrings)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ action }) => t(action)}
        after={after}
        secondLine={(approval) => <State approval={approval} />}
        actions={actions}
        filters={useFilters(listFilters, approvalStrings)}
        values={{ state }}
        empty={{ icon: IconEyeCheck, title: t('empty'), text: t('emptyText') }}
      />
      {confirming && (
        <Confirm
          approval={confirming}
          decide={decide}
          close={() => {
            setConfirming(undefined);
            decide.reset();
          }}
        />
      )}
    </Page>
  );
}

/** What the reader may do with a request: its maker takes it back or does it, another decides. */
function useActions(confirm: (approval: Approval) => void, decline: (approval: Approval) => void) {
  const t = useStrings(approvalStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const mayDecide = managers.includes(user.role);
  return (approval: Approval) => {
    const { state, requestedBy, person, env } = approval;
    const own = requestedBy.id === user.id;
    const pending = mayDecide && state === 'open';
    return [
      pending && !own && { label: t('confirm'), onClick: () => confirm(approval) },
      pending && {
        label: own ? t('takeBack') : t('decline'),
        danger: true,
        onClick: () => decline(approval),
      },
      person !== undefined && {
        label: t('doIt'),
        onClick: () =>
          void navigate({ to: '/people/$id', params: { id: person }, search: env === 'test' ? { env } : {} }),
      },
    ];
  };
}

function useDecide() {
  const t = useStrings(approvalStrings);
  return useOperation(
    ({ approval: { id }, verb }: { approval: Approval; verb: 'confirm' | 'decline' }) => {
      const params = { id };
      return verb === 'confirm'
        ? api.post('/api/admin/approvals/{id}/confirm', params)
        : api.post('/api/admin/approvals/{id}/decline', params);
    },
    {
      toast: (_, { verb }) => t(verb === 'confirm' ? 'confirmedToast' : 'declinedToast'),
      settled: ['approvals'],
    },
  );
}

function Confirm({
  approval,
  decide,
  close,
}: {
  approval: Approval;
  decide: ReturnType<typeof useDecide>;
  close(): void;
}) {
  const t = useStrings(approvalStrings);
  const format = useFormat();
  const { action, requestedBy, expiresAt, person, env } = approval;
  return (
    <ConfirmDialog
      opened
      danger
      title={t('confirmTitle', { what: t(action) })}
      confirmLabel={t('confirm')}
      cancelLabel={t('keep')}
      busy={decide.isPending}
      failed={<Refused of={decide} title={t('notDecided')} />}
      onConfirm={() => decide.mutate({ approval, verb: 'confirm' }, { onSuccess: close })}
      onCancel={close}
    >
      <p>
        {t('confirmText', {
          name: requestedBy.name ?? t('removed'),
          time: format.dateTime(expiresAt),
        })}
      </p>
      {person !== undefined && <p>{t.rich('person', { id: <PersonName id={person} world={env} /> })}</p>}
      <RunCommand run={() => decide.run({ approval, verb: 'confirm' })} />
    </ConfirmDialog>
  );
}

function State({ approval: { state } }: { approval: Approval }) {
  const t = useStrings(approvalStrings);
  const kinds = { open: 'warn', confirmed: 'ok', declined: 'bad', expired: 'outline' } as const;
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}

const listColumns: Columns<Approval, typeof approvalStrings> = [
  {
    id: 'what',
    csv: 'action',
    cell: ({ action, env, person }, { t }) => (
      <TwoLines second={person === undefined ? env && t(env) : <PersonName id={person} world={env} />}>
        <b>{t(action)}</b>
      </TwoLines>
    ),
  },
  { id: 'state', priority: 2, cell: (approval) => <State approval={approval} /> },
  {
    id: 'by',
    csv: 'requestedBy.name',
    priority: 2,
    cell: ({ requestedBy }, { t }) => requestedBy.name ?? t('removed'),
  },
  {
    id: 'decided',
    csv: 'decidedBy.name',
    priority: 3,
    cell: ({ decidedBy }, { t }) => decidedBy && (decidedBy.name ?? t('removed')),
  },
  { id: 'at', csv: 'requestedAt', priority: 2, cell: ({ requestedAt }) => <RelativeTime at={requestedAt} /> },
  { id: 'ends', csv: 'expiresAt', priority: 3, cell: ({ expiresAt }) => <RelativeTime at={expiresAt} /> },
];

const listFilters: Filters<typeof approvalStrings> = [
  { key: 'state', kind: 'choice', options: approvalStates },
];

/** Whether two administrators are asked for; an owner switches it. */
function FourEyes() {
  const t = useStrings(approvalStrings);
  const { user } = useSession();
  const { data } = useQuery(organizationQuery);
  const required = data?.fourEyes ?? false;
  const change = useOperation(
    () => api.put('/api/admin/organization/four-eyes', {}, { required: !required }),
    { toast: (reply) => t(reply.required ? 'switchedOn' : 'switchedOff'), refresh: ['organization'] },
  );
  if (!data) return null;
  return (
    <Card title={t('switch')} gap={12}>
      <Row>
        <Badge kind={required ? 'ok' : 'outline'}>{t(required ? 'on' : 'off')}</Badge>
        <span>{t(required ? 'whileOn' : 'whileOff')}</span>
      </Row>
      <p className="small muted">{t('bounds')}</p>
      <Refused of={change} title={t('notSwitched')} />
      {user.role === 'owner' && (
        <Row>
          <RunButton of={change}>{t(required ? 'switchOff' : 'switchOn')}</RunButton>
        </Row>
      )}
    </Card>
  );
}
