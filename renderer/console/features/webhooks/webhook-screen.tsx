import { NativeSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Note, Page, WithAside } from '../../../ui/layout/index.ts';
import { uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { ActionMenu } from '../../../ui/tables/index.ts';
import { api, managers, operators, type Schemas, useSession, useWorld } from '../../data.ts';
import { ConfirmOperation, LoadFailed, Refused, useOperation } from '../../operations.ts';
import { DeliveriesTable } from './deliveries/deliveries-table.tsx';
import { DeliveryCard } from './deliveries/delivery-card.tsx';
import { deliveryStrings } from './deliveries/delivery-strings.ts';
import { MadeSecret, StateBadge, useWebhookName } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';
import { WebhookAside, WebhookNotes } from './webhook-aside.tsx';
import { type Asked, ReplayDialog, useEnable, useWebhookActions, WebhookDialog } from './webhook-dialogs.tsx';
import { healthQuery, webhookQuery } from './webhook-queries.ts';
import styles from './webhooks.module.css';

export const Route = createLazyRoute('/webhooks/$id')({ component: WebhookScreen });

type Webhook = Schemas['Webhook'];

function WebhookScreen() {
  const t = useStrings(webhookStrings);
  const { id } = Route.useParams();
  const { data, error, refetch } = useQuery(webhookQuery(useWorld(), id));
  const parents = [{ label: t('title'), to: '/webhooks' }];
  if (!data)
    return (
      <Page title={t('webhook')} parents={parents}>
        <Refused of={{ error, refetch }} />
      </Page>
    );
  return <Shown webhook={data} />;
}

function Shown({ webhook }: { webhook: Webhook }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const search = Route.useSearch();
  const beside = useMediaQuery('(min-width: 62.5625em)') ?? true;
  const { data: health } = useQuery(healthQuery(useWorld(), webhook.id));
  const [asked, setAsked] = useState<Asked['what'] | 'rotate' | 'replay'>();
  const [secret, setSecret] = useState<string>();
  const enable = useEnable();
  const tryNow = useTryNow(webhook.id);
  const name = useWebhookName()(webhook);
  const maySend = operators.includes(user.role);
  const parents = [{ label: t('title'), to: '/webhooks' }];
  const close = () => setAsked(undefined);
  if (secret !== undefined)
    return (
      <Page title={t('rotated', { name })} lead={t('rotatedLead')} parents={parents} reading>
        <MadeSecret secret={secret} done={() => setSecret(undefined)} />
      </Page>
    );
  return (
    <Page
      title={name}
      badge={<StateBadge webhook={webhook} health={health} />}
      lead={webhook.url && <span className={styles.address}>{webhook.url}</span>}
      parents={parents}
      actions={
        maySend && <Actions webhook={webhook} ask={setAsked} enable={() => enable.mutate(webhook.id)} />
      }
    >
      {(enable.error ?? tryNow.error) && (
        <LoadFailed error={enable.error ?? tryNow.error} title={ui('couldNotSave')} />
      )}
      <WebhookNotes
        webhook={webhook}
        health={health}
        {...(maySend && {
          tryNow: { run: () => tryNow.mutate(), busy: tryNow.isPending },
          enable: { run: () => enable.mutate(webhook.id), busy: enable.isPending },
          ...(managers.includes(user.role) && { rotate: () => setAsked('rotate') }),
        })}
      />
      <WithAside
        aside={
          <>
            {search.delivery && beside && <DeliveryCard webhook={webhook.id} id={search.delivery} />}
            <WebhookAside webhook={webhook} health={health} />
          </>
        }
      >
        <DeliveriesHead
          replay={maySend && webhook.kind === 'endpoint' ? () => setAsked('replay') : undefined}
        />
        <DeliveriesTable webhook={webhook} search={search} beside={beside} maySend={maySend} />
      </WithAside>
      {asked === 'rotate' && <RotateSecret webhook={webhook} close={close} done={setSecret} />}
      {asked === 'replay' && <ReplayDialog webhook={webhook} close={close} />}
      {asked && asked !== 'rotate' && asked !== 'replay' && (
        <WebhookDialog asked={{ what: asked, webhook }} waiting={health?.waiting ?? 0} close={close} />
      )}
    </Page>
  );
}

function DeliveriesHead({ replay }: { replay: (() => void) | undefined }) {
  const t = useStrings(webhookStrings);
  const words = useStrings(deliveryStrings);
  return (
    <div className={styles.head}>
      <h2>{words('deliveries')}</h2>
      {replay && (
        <Button small onClick={replay} icon={IconHistory}>
          {t('replay')}
        </Button>
      )}
    </div>
  );
}

function useTryNow(id: string) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  return useOperation(() => api.post('/api/admin/webhooks/{id}/retry', { id, env }), {
    toast: ({ deliveries }) => t('tryNowToast', { count: deliveries }),
    refresh: ['deliveries', 'webhooks'],
  });
}

function Actions({
  webhook,
  ask,
  enable,
}: {
  webhook: Webhook;
  ask(what: Asked['what'] | 'rotate'): void;
  enable(): void;
}) {
  const t = useStrings(webhookStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const actionsOf = useWebhookActions({ ask: ({ what }) => ask(what), enable });
  const { test, change, toggle, remove } = actionsOf(webhook);
  const verify = { label: t('verify'), onClick: () => void navigate({ to: '/webhooks/verify' }) };
  return (
    <>
      {test && <Button onClick={test.onClick}>{test.label}</Button>}
      {managers.includes(user.role) && <Button onClick={() => ask('rotate')}>{t('rotate')}</Button>}
      <ActionMenu label={t('more')} actions={[change, verify, toggle, remove]} />
    </>
  );
}

const HOUR = 3600;

/** Asks how long both secrets are valid; `done` gets the new one. */
function RotateSecret({
  webhook,
  close,
  done,
}: {
  webhook: Schemas['Webhook'];
  close(): void;
  done(secret: string): void;
}) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  const name = useWebhookName()(webhook);
  const [seconds, setSeconds] = useState(24 * HOUR);
  return (
    <ConfirmOperation
      run={() =>
        api.post('/api/admin/webhooks/{id}/rotate', { id: webhook.id, env }, { overlapSeconds: seconds })
      }
      refresh={['webhooks']}
      done={({ secret }) => done(secret)}
      title={t('rotateTitle', { name })}
      confirmLabel={t('rotate')}
      close={close}
    >
      <p>{t('rotateText')}</p>
      <NativeSelect
        label={t('overlap')}
        value={String(seconds)}
        onChange={({ target }) => setSeconds(Number(target.value))}
        data={[
          { value: String(HOUR), label: t('hour') },
          { value: String(24 * HOUR), label: t('day') },
          { value: String(7 * 24 * HOUR), label: t('week') },
          { value: '0', label: t('none') },
        ]}
      />
      {seconds === 0 && <Note kind="warn" title={t('noneWarning')} />}
    </ConfirmOperation>
  );
}
