import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { families } from '../../../../sdk/admin/values.ts';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { managers, type Schemas, useSession, useWorld, whole } from '../../data.ts';
import { QueryTable, Refused, useList } from '../../operations.ts';
import { formStrings } from './form/form-strings.ts';
import { HealthStrip, StateBadge, useWebhookName } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';
import { type Asked, useEnable, useWebhookActions, WebhookDialog } from './webhook-dialogs.tsx';
import { allHealthQuery } from './webhook-queries.ts';

export const Route = createLazyRoute('/webhooks')({ component: WebhooksScreen });

type Webhook = Schemas['Webhook'];
type Health = Schemas['WebhookHealth'];

function WebhooksScreen() {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  const { user } = useSession();
  const { product, find } = Route.useSearch();
  const nameOf = useWebhookName();
  const [asked, setAsked] = useState<Asked>();
  const query = useList(whole('/api/admin/webhooks', { env, family: product }));
  const { data } = useQuery(allHealthQuery(env));
  const health = new Map(data?.items.map((one) => [one.endpoint, one]));
  const products = useStrings(formStrings);
  const enable = useEnable();
  const mayChange = managers.includes(user.role);
  const actionsOf = useWebhookActions({ ask: setAsked, enable: enable.mutate });
  const navigate = useNavigate();
  const create = mayChange && (
    <ButtonLink to="/webhooks/new" kind="primary" icon={IconPlus}>
      {t('create')}
    </ButtonLink>
  );
  const isEmpty = query.data?.items.length === 0 && product === undefined;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        !isEmpty && (
          <>
            <ButtonLink to="/webhooks/verify">{t('verifyTitle')}</ButtonLink>
            {create}
          </>
        )
      }
    >
      <Refused of={enable} />
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, webhookStrings, { health, nameOf, products })}
        query={query}
        rowId={({ id }) => id}
        rowName={nameOf}
        names={(webhook) => [nameOf(webhook), webhook.url, webhook.id]}
        secondLine={(webhook) => <StateBadge webhook={webhook} health={health.get(webhook.id)} />}
        filters={[
          {
            key: 'product',
            label: t('product'),
            kind: 'choice',
            options: families.map((value) => ({ value, label: products(value) })),
          },
        ]}
        values={{ product, find }}
        actions={(webhook) => {
          const { test, change, toggle, remove } = actionsOf(webhook);
          const open = () => void navigate({ to: '/webhooks/$id', params: { id: webhook.id } });
          return [{ label: t('open'), onClick: open }, test, change, toggle, remove];
        }}
        empty={{ icon: IconWebhook, title: t('empty'), action: create, text: t('emptyLead') }}
      />
      {asked && (
        <WebhookDialog
          asked={asked}
          waiting={health.get(asked.webhook.id)?.waiting ?? 0}
          close={() => setAsked(undefined)}
        />
      )}
    </Page>
  );
}

interface Known {
  health: ReadonlyMap<string, Health>;
  nameOf(webhook: Webhook): string;
  products(family: Webhook['family']): string;
}

const listColumns: Columns<Webhook, typeof webhookStrings, Known> = [
  {
    id: 'webhook',
    csv: 'url',
    cell: (webhook, { context }) => (
      <TwoLines second={<span style={{ overflowWrap: 'anywhere' }}>{webhook.url || undefined}</span>}>
        <Link to="/webhooks/$id" params={{ id: webhook.id }}>
          {context.nameOf(webhook)}
        </Link>
      </TwoLines>
    ),
  },
  {
    id: 'state',
    csv: 'state.is',
    priority: 2,
    cell: (webhook, { context }) => <StateBadge webhook={webhook} health={context.health.get(webhook.id)} />,
  },
  {
    id: 'day',
    csv: false,
    header: 'lastDay',
    priority: 2,
    cell({ id }, { context }) {
      const known = context.health.get(id);
      return (
        known && (
          <div style={{ minWidth: 140, maxWidth: 200 }}>
            <HealthStrip health={known} />
          </div>
        )
      );
    },
  },
  {
    id: 'accepted',
    csv: false,
    number: true,
    priority: 2,
    cell({ id }, { t, format, context }) {
      const { accepted, deliveries } = context.health.get(id) ?? { accepted: 0, deliveries: 0 };
      if (deliveries === 0) return <span className="muted">–</span>;
      return t('acceptedOf', {
        accepted: format.count(accepted),
        deliveries: format.count(deliveries),
      });
    },
  },
  {
    id: 'waiting',
    csv: false,
    number: true,
    priority: 3,
    cell: ({ id }, { format, context }) => format.count(context.health.get(id)?.waiting ?? 0),
  },
  { id: 'product', csv: 'family', priority: 3, cell: ({ family }, { context }) => context.products(family) },
];
