import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconRefresh, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { z } from 'zod';
import { deliveryStates } from '../../../../../sdk/admin/values.ts';
import { Button } from '../../../../ui/controls/button.tsx';
import { EmptyState } from '../../../../ui/feedback/note.tsx';
import { useFormat } from '../../../../ui/format/use-format.ts';
import { uiStrings } from '../../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../../ui/strings/use-strings.ts';
import type { Column } from '../../../../ui/tables/column.ts';
import { TwoLines } from '../../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../../ui/tables/filter-bar.tsx';
import { list, type Schemas } from '../../../api/admin.ts';
import { Refused } from '../../../load-failed.tsx';
import { QueryTable } from '../../../query-table.tsx';
import { useWorld } from '../../../session/session-query.ts';
import { useAddressFilters } from '../../../use-address.ts';
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
  const { change } = useAddressFilters();
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  const choices = useFilters(webhook);
  const again = ({ id }: Delivery) => ({ label: t('resend'), onClick: () => resend.mutate(id) });
  return (
    <>
      <Refused of={resend} title={t('notResent')} />
      <QueryTable
        label={t('list')}
        columns={useColumns({ webhook, beside, resend: maySend && !isPhone ? resend.mutate : undefined })}
        query={query}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        currentRow={delivery}
        {...(maySend && isPhone && { actions: (one: Delivery) => [mayResend(webhook, one) && again(one)] })}
        after={after}
        secondLine={(one) => (
          <>
            <Answer delivery={one} /> <ClockTime at={one.createdAt} />
          </>
        )}
        filters={
          <FilterBar
            search={{ key: 'q', label: t('search') }}
            filters={isPhone ? choices : choices.filter(({ key }) => key !== 'state')}
            values={filters as FilterValues}
            change={change}
          >
            {!isPhone && <StateSwitch state={search.state} change={change} />}
          </FilterBar>
        }
        {...(isFiltered && {
          clearFilters: () =>
            change({ q: undefined, state: undefined, event: undefined, from: undefined, until: undefined }),
        })}
        empty={
          <EmptyState icon={IconSend} title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        }
      />
    </>
  );
}

const mayResend = (webhook: Webhook, { origin, state }: Pick<Delivery, 'origin' | 'state'>) =>
  origin !== 'test' && webhook.state.is === 'enabled' && state.is !== 'dropped';

function useDeliveries(webhook: Webhook, { after, ...filters }: Search) {
  const env = useWorld();
  const { delivery: _, ...asked } = filters;
  return useQuery({
    ...list('/api/admin/deliveries', {
      env,
      endpoint: webhook.id,
      cursor: after,
      ...toDeliveryQuery(asked, webhook.family),
    }),
    refetchInterval: after === undefined ? 15_000 : false,
  });
}

function StateSwitch({ state, change }: { state: Search['state']; change(patch: FilterValues): void }) {
  const t = useStrings(deliveryStrings);
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
  return useMemo(
    () => [
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
    ],
    [t, events],
  );
}

function useColumns({
  webhook,
  beside,
  resend,
}: {
  webhook: Webhook;
  beside: boolean;
  resend: ((id: string) => void) | undefined;
}): readonly Column<Delivery>[] {
  const t = useStrings(deliveryStrings);
  const ui = useStrings(uiStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'event',
        header: t('event'),
        cell: ({ id, name }) => (
          <DeliveryLink webhook={webhook.id} id={id} beside={beside}>
            {name.slice(webhook.family.length + 1)}
          </DeliveryLink>
        ),
      },
      {
        id: 'answer',
        header: t('answer'),
        priority: 2,
        cell: (one) => (
          <TwoLines second={one.attempts > 1 ? t('tries', { count: one.attempts }) : undefined}>
            <Answer delivery={one} />
          </TwoLines>
        ),
      },
      {
        id: 'took',
        header: t('took'),
        number: true,
        priority: 3,
        cell: ({ last }) => last && format.duration(last.milliseconds),
      },
      {
        id: 'when',
        header: t('when'),
        priority: 2,
        cell: ({ createdAt }) => <ClockTime at={createdAt} />,
      },
      ...(resend === undefined
        ? []
        : [
            {
              id: 'resend',
              header: ui('actions'),
              number: true,
              cell: ({ id, name, origin, state }: Delivery) =>
                mayResend(webhook, { origin, state }) && (
                  <Button
                    small
                    kind={state.is === 'delivered' ? 'quiet' : 'plain'}
                    aria-label={t('resendName', { name })}
                    onClick={() => resend(id)}
                  >
                    <IconRefresh size={16} stroke={1.75} aria-hidden="true" />
                    {t('resend')}
                  </Button>
                ),
            },
          ]),
    ],
    [t, ui, format, webhook, beside, resend],
  );
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
