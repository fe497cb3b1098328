import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconRefresh, IconSend } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { z } from 'zod';
import { deliveryStates } from '../../../../../sdk/admin/values.ts';
import { Button } from '../../../../ui/controls/index.ts';
import { uiStrings, useStrings } from '../../../../ui/strings/index.ts';
import { type Column, type Columns, type Filter, TwoLines, useColumns } from '../../../../ui/tables/index.ts';
import { list, type Schemas, useWorld } from '../../../data.ts';
import { QueryTable, Refused, useAddressFilters, useList } from '../../../operations.ts';
import { ClockTime } from '../clock-time.tsx';
import { Answer, useResend } from './answer.tsx';
import { type DeliverySearch, toDeliveryQuery } from './delivery-search.ts';
import { deliveryStrings } from './delivery-strings.ts';

type Webhook = Schemas['Webhook'];
type Delivery = Schemas['Delivery'];
type Search = z.output<typeof DeliverySearch>;

/** The deliveries of one webhook. `beside`: there is room for the chosen one beside the list. */
export function DeliveriesTable({
  webhook,
  search,
  beside,
  maySend,
}: {
  webhook: Webhook;
  search: Search;
  beside: boolean;
  maySend: boolean;
}) {
  const t = useStrings(deliveryStrings);
  const resend = useResend();
  const isPhone = useMediaQuery('(max-width: 40em)') ?? false;
  const { after, delivery, ...filters } = search;
  const query = useDeliveries(webhook, search);
  const choices = useFilters(webhook);
  const again = ({ id }: Delivery) => ({ label: t('resend'), onClick: () => resend.mutate(id) });
  return (
    <>
      <Refused of={resend} title={t('notResent')} />
      <QueryTable
        label={t('list')}
        columns={useDeliveryColumns({ webhook, beside }, maySend && !isPhone ? resend.mutate : undefined)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        currentRow={delivery}
        actions={maySend && isPhone ? (one) => [mayResend(webhook, one) && again(one)] : undefined}
        after={after}
        secondLine={(one) => (
          <>
            <Answer delivery={one} /> <ClockTime at={one.createdAt} />
          </>
        )}
        filters={isPhone ? choices : choices.filter(({ key }) => key !== 'state')}
        values={filters}
        search={{ key: 'q', label: t('search') }}
        besideFilters={!isPhone && <StateSwitch state={search.state} />}
        empty={{ icon: IconSend, title: t('empty'), text: t('emptyText') }}
      />
    </>
  );
}

const mayResend = (webhook: Webhook, { origin, state }: Pick<Delivery, 'origin' | 'state'>) =>
  origin !== 'test' && webhook.state.is === 'enabled' && state.is !== 'dropped';

function useDeliveries(webhook: Webhook, { after, delivery: _, ...filters }: Search) {
  const env = useWorld();
  const asked = toDeliveryQuery(filters, webhook.family);
  return useList(list('/api/admin/deliveries', { env, endpoint: webhook.id, cursor: after, ...asked }), {
    live: after === undefined,
  });
}

function StateSwitch({ state }: { state: Search['state'] }) {
  const t = useStrings(deliveryStrings);
  const change = useAddressFilters();
  return (
    <SegmentedControl
      size="xs"
      role="radiogroup"
      aria-label={t('state')}
      value={state ?? 'all'}
      onChange={(value) => change({ state: value === 'all' ? undefined : value })}
      data={[
        { value: 'all', label: t('all') },
        ...deliveryStates.map((value) => ({ value, label: t(value) })),
      ]}
    />
  );
}

function useFilters({ events }: Webhook): readonly Filter[] {
  const t = useStrings(deliveryStrings);
  return [
    {
      key: 'state',
      label: t('state'),
      kind: 'choice',
      options: deliveryStates.map((value) => ({ value, label: t(value) })),
    },
    {
      key: 'event',
      label: t('event'),
      kind: 'choice',
      options: events.map((value) => ({ value, label: value })),
    },
    { key: 'from', label: t('from'), kind: 'day' },
    { key: 'until', label: t('until'), kind: 'day' },
  ];
}

interface Known {
  webhook: Webhook;
  beside: boolean;
}

const listColumns: Columns<Delivery, typeof deliveryStrings, Known> = [
  {
    id: 'event',
    csv: { id: 'id', name: 'event' },
    cell: ({ id, name }, { context: { webhook, beside } }) => (
      <DeliveryLink webhook={webhook.id} id={id} beside={beside}>
        {name.slice(webhook.family.length + 1)}
      </DeliveryLink>
    ),
  },
  {
    id: 'answer',
    csv: { 'state.is': 'state', 'last.status': 'answer' },
    priority: 2,
    cell: (one, { t }) => (
      <TwoLines second={one.attempts > 1 ? t('tries', { count: one.attempts }) : undefined}>
        <Answer delivery={one} />
      </TwoLines>
    ),
  },
  {
    id: 'took',
    csv: 'last.milliseconds',
    number: true,
    priority: 3,
    cell: ({ last }, { format }) => last && format.duration(last.milliseconds),
  },
  { id: 'when', csv: 'createdAt', priority: 2, cell: ({ createdAt }) => <ClockTime at={createdAt} /> },
];

/** With a button at the end of each row, where the reader may send again. */
function useDeliveryColumns(known: Known, resend: ((id: string) => void) | undefined) {
  const t = useStrings(deliveryStrings);
  const ui = useStrings(uiStrings);
  const columns = useColumns(listColumns, deliveryStrings, known);
  const button: Column<Delivery> = {
    id: 'resend',
    header: ui('actions'),
    number: true,
    cell: ({ id, name, origin, state }) =>
      mayResend(known.webhook, { origin, state }) && (
        <Button
          small
          kind={state.is === 'delivered' ? 'quiet' : 'plain'}
          aria-label={t('resendName', { name })}
          onClick={() => resend?.(id)}
          icon={IconRefresh}
        >
          {t('resend')}
        </Button>
      ),
  };
  return resend ? [...columns, button] : columns;
}

function DeliveryLink({
  webhook,
  id,
  beside,
  children,
}: {
  webhook: string;
  id: string;
  beside: boolean;
  children: string;
}) {
  return beside ? (
    <Link to="." search={(now) => ({ ...now, delivery: id })} resetScroll={false}>
      {children}
    </Link>
  ) : (
    <Link to="/webhooks/$id/deliveries/$delivery" params={{ id: webhook, delivery: id }}>
      {children}
    </Link>
  );
}
