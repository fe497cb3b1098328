import { IconBell } from '@tabler/icons-react';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Badge, Button, ButtonLink, Id, LinkButton, RelativeTime } from '../../../ui/controls/index.ts';
import { Dialog, KeyValues, Note, Page, Row } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { Actor, api, list, operators, type Schemas, useSession, useWorld } from '../../data.ts';
import { QueryTable, Refused, useList, useOperation } from '../../operations.ts';
import { useAlertName } from '../../reasons/alert-name-strings.ts';
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts')({ component: AlertsScreen });

type Alert = Schemas['Alert'];

function AlertsScreen() {
  const t = useStrings(alertStrings);
  const { user } = useSession();
  const { state, alert, after } = Route.useSearch();
  const navigate = useNavigate();
  const show = (id: string | undefined) =>
    void navigate({ to: '.', search: (now) => ({ ...now, alert: id }) });
  const env = useWorld();
  const open = state && (state === 'open' ? 'true' : 'false');
  const query = useList(list('/api/admin/alerts', { env, cursor: after, open }));
  const acknowledge = useAcknowledge();
  const nameOf = useAlertName();
  const mayAcknowledge = operators.includes(user.role);
  const opened = query.data?.items.find(({ id }) => id === alert);
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <ButtonLink to="/alerts/recipients">{t('recipients')}</ButtonLink>
          <ButtonLink to="/alerts/rules">{t('rules')}</ButtonLink>
        </>
      }
    >
      <Refused of={acknowledge} title={t('notAcknowledged')} />
      {alert !== undefined && query.data && !opened && <Note title={t('olderAlert')}>{alert}</Note>}
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, alertStrings, { show, nameOf })}
        query={query}
        rowId={({ id }) => id}
        rowName={(one) => nameOf(one)}
        after={after}
        secondLine={(one) => <State of={one} />}
        actions={(one) => [
          { label: t('show'), onClick: () => show(one.id) },
          mayAcknowledge &&
            one.acknowledged === undefined && {
              label: t('acknowledge'),
              onClick: () => acknowledge.mutate(one),
            },
        ]}
        filters={useFilters(listFilters, alertStrings)}
        values={{ state }}
        empty={{
          icon: IconBell,
          title: t('empty'),
          action: (
            <ButtonLink to="/alerts/rules" kind="primary">
              {t('seeRules')}
            </ButtonLink>
          ),
          text: t('emptyText'),
        }}
      />
      {opened && (
        <AlertDialog
          alert={opened}
          close={() => show(undefined)}
          action={
            mayAcknowledge &&
            opened.acknowledged === undefined && (
              <Button kind="primary" busy={acknowledge.isPending} onClick={() => acknowledge.mutate(opened)}>
                {t('acknowledge')}
              </Button>
            )
          }
        />
      )}
    </Page>
  );
}

function useAcknowledge() {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const nameOf = useAlertName();
  return useOperation(({ id }: Alert) => api.post('/api/admin/alerts/{id}/acknowledge', { id, env }), {
    toast: (alert) => [t('acknowledgedToast'), nameOf(alert)],
    refresh: ['alerts'],
  });
}

function State({ of: { acknowledged } }: { of: Alert }) {
  const t = useStrings(alertStrings);
  return acknowledged ? (
    <Badge kind="outline">{t('acknowledged')}</Badge>
  ) : (
    <Badge kind="warn">{t('open')}</Badge>
  );
}

const listColumns: Columns<
  Alert,
  typeof alertStrings,
  { show(id: string): void; nameOf(alert: Alert): string }
> = [
  {
    id: 'name',
    header: 'alert',
    cell: (alert, { t, context: { show, nameOf } }) => (
      <TwoLines second={t(alert.metric)}>
        <LinkButton onClick={() => show(alert.id)}>{nameOf(alert)}</LinkButton>
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'acknowledged.at', priority: 2, cell: (one) => <State of={one} /> },
  {
    id: 'value',
    header: 'measured',
    number: true,
    priority: 2,
    cell: ({ value, threshold }, { t, format }) =>
      t('of', { value: format.count(value), threshold: format.count(threshold) }),
  },
  { id: 'fired', csv: 'firedAt', priority: 2, cell: ({ firedAt }) => <RelativeTime at={firedAt} /> },
  {
    id: 'by',
    csv: 'acknowledged.by',
    header: 'acknowledgedBy',
    priority: 3,
    cell: ({ acknowledged }) =>
      acknowledged ? <Actor actor={acknowledged.by} /> : <span className="muted">–</span>,
  },
];

const listFilters: Filters<typeof alertStrings> = [
  { key: 'state', kind: 'choice', options: ['open', 'acknowledged'] },
];

/** What a rule found, and what became of each notification. */
function AlertDialog({
  alert,
  action,
  close,
}: {
  alert: Schemas['Alert'];
  action: ReactNode;
  close(): void;
}) {
  const t = useStrings(alertStrings);
  const format = useFormat();
  return (
    <Dialog title={useAlertName()(alert)} close={close}>
      <KeyValues
        entries={{
          [t('metric')]: t(alert.metric),
          [t('measured')]: t('of', {
            value: format.count(alert.value),
            threshold: format.count(alert.threshold),
          }),
          [t('fired')]: format.absolute(alert.firedAt),
          [t('about')]: alert.about && <Id id={alert.about} name={t('about')} />,
          [t('acknowledged')]:
            alert.acknowledged &&
            t.rich('byAt', {
              by: <Actor actor={alert.acknowledged.by} />,
              time: format.absolute(alert.acknowledged.at),
            }),
          ...alert.notified,
        }}
      />
      {action && <Row>{action}</Row>}
    </Dialog>
  );
}
