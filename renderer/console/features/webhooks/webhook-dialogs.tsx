import { NativeSelect, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { ConfirmDialog, Dialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { api, type Schemas } from '../../api/admin.ts';
import { useOperation } from '../../api/use-operation.ts';
import { ConfirmOperation } from '../../confirm-operation.tsx';
import { Refused } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { useWebhookName } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';

type Webhook = Schemas['Webhook'];

/** What is asked about a webhook before it is done. */
export interface Asked {
  what: 'test' | 'disable' | 'remove';
  webhook: Webhook;
}

/** The dialog of one of the actions that list and page share. `waiting`: deliveries that would be dropped. */
export function WebhookDialog({
  asked: { what, webhook },
  waiting,
  close,
}: {
  asked: Asked;
  waiting: number;
  close(): void;
}) {
  switch (what) {
    case 'test':
      return <SendTest webhook={webhook} close={close} />;
    case 'disable':
      return <DisableWebhook webhook={webhook} close={close} />;
    case 'remove':
      return <RemoveWebhook webhook={webhook} waiting={waiting} close={close} />;
    default:
      return what satisfies never;
  }
}

/** Takes effect at once: nothing is lost by it. */
export function useEnable() {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  return useOperation((id: string) => api.post('/api/admin/webhooks/{id}/enable', { id, env }), {
    toast: t('enabledToast'),
    refresh: ['webhooks'],
  });
}

function DisableWebhook({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const name = useWebhookName()(webhook);
  const [reason, setReason] = useState('');
  return (
    <ConfirmOperation
      run={() =>
        api.post(
          '/api/admin/webhooks/{id}/disable',
          { id: webhook.id, env },
          { reason: reason.trim() || t('disableDefault') },
        )
      }
      toast={[t('disabledToast'), name]}
      refresh={['webhooks']}
      title={t('disableTitle', { name })}
      confirmLabel={t('disable')}
      cancelLabel={t('keepOn')}
      close={close}
    >
      <Stack>
        <p>{t('disableText')}</p>
        <TextInput
          label={
            <>
              {t('disableReason')} <span className="muted">({ui('optional')})</span>
            </>
          }
          description={t('disableReasonHint')}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Stack>
    </ConfirmOperation>
  );
}

function RemoveWebhook({ webhook, waiting, close }: { webhook: Webhook; waiting: number; close(): void }) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const name = useWebhookName()(webhook);
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/webhooks/{id}', { id: webhook.id, env })}
      toast={[t('removedToast'), name]}
      refresh={['webhooks']}
      done={() => navigate({ to: '/webhooks' })}
      danger
      title={t('removeTitle', { name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      close={close}
    >
      <GoneAndStays
        gone={[t('removeGoneSecret'), ...(waiting > 0 ? [t('removeGoneWaiting', { count: waiting })] : [])]}
        stays={[t('removeStaysLog'), t('removeStaysGrant')]}
      />
    </ConfirmOperation>
  );
}

/** Sends the sample of one event and shows what came back, in the same dialog. */
function SendTest({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const [event, setEvent] = useState(webhook.events[0] ?? '');
  const send = useOperation(
    () => api.post('/api/admin/webhooks/{id}/test', { id: webhook.id, env }, event === '' ? {} : { event }),
    { settled: ['deliveries', 'webhooks'] },
  );
  return (
    <Dialog title={t('testTitle')} close={close}>
      <Stack>
        <p className="muted">{t('testText')}</p>
        <NativeSelect
          label={t('testEvent')}
          data={[...webhook.events]}
          value={event}
          onChange={({ target }) => setEvent(target.value)}
        />
        <Refused of={send} title={t('testRefused')} />
        {send.data && !send.isPending && <TestResult webhook={webhook} delivery={send.data} close={close} />}
        <Row>
          <Button kind="primary" busy={send.isPending} onClick={() => send.mutate()} data-autofocus>
            {t('testSend')}
          </Button>
          <Button onClick={close}>{send.data ? t('done') : ui('cancel')}</Button>
        </Row>
      </Stack>
    </Dialog>
  );
}

function TestResult({
  webhook,
  delivery,
  close,
}: {
  webhook: Webhook;
  delivery: Schemas['DeliveryWithLog'];
  close(): void;
}) {
  const t = useStrings(webhookStrings);
  const format = useFormat();
  const attempt = delivery.log[0];
  const answer = {
    status: String(attempt?.status ?? '–'),
    time: format.duration(attempt?.milliseconds ?? 0),
  };
  const show = (
    <ButtonLink
      small
      to="/webhooks/$id/deliveries/$delivery"
      params={{ id: webhook.id, delivery: delivery.id }}
      onClick={close}
    >
      {t('testShow')}
    </ButtonLink>
  );
  if (delivery.state.is === 'delivered')
    return <Note kind="ok" title={t('testAccepted', answer)} action={show} />;
  const reason = 'reason' in delivery.state ? delivery.state.reason : undefined;
  return (
    <Note kind="bad" title={t('testRefused')} action={show}>
      {reason ?? attempt?.error ?? t('testAnswered', answer)}
    </Note>
  );
}

type Span = 'failing' | 'hour' | 'day' | 'own';
const HOUR = 3_600_000;

/** A span of time whose events are sent again. */
export function ReplayDialog({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const format = useFormat();
  const name = useWebhookName()(webhook);
  const { failingSince } = webhook;
  const [span, setSpan] = useState<Span>(failingSince === undefined ? 'day' : 'failing');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [isMissing, setMissing] = useState(false);
  const replay = useReplay(webhook.id, close);
  const send = () => {
    if (span === 'own' && from === '') return setMissing(true);
    const now = Date.now();
    const since = {
      failing: failingSince ?? '',
      hour: new Date(now - HOUR).toISOString(),
      day: new Date(now - 24 * HOUR).toISOString(),
      own: from && new Date(from).toISOString(),
    }[span];
    return replay.mutate({ since, ...(span === 'own' && until && { until: new Date(until).toISOString() }) });
  };
  return (
    <ConfirmDialog
      opened
      title={t('replayTitle', { name })}
      confirmLabel={t('replaySend')}
      busy={replay.isPending}
      failed={<Refused of={replay} title={t('replayFailed')} />}
      onConfirm={send}
      onCancel={close}
    >
      <Stack>
        <p>{t('replayText')}</p>
        <NativeSelect
          label={t('replaySpan')}
          value={span}
          onChange={({ target }) => setSpan(target.value as Span)}
          data={[
            ...(failingSince === undefined
              ? []
              : [{ value: 'failing', label: t('replayFailing', { time: format.dateTime(failingSince) }) }]),
            { value: 'hour', label: t('replayHour') },
            { value: 'day', label: t('replayDay') },
            { value: 'own', label: t('replayOwn') },
          ]}
        />
        {span === 'own' && (
          <>
            <TextInput
              type="datetime-local"
              label={t('replayFrom')}
              error={isMissing && from === '' && t('replayFromMissing')}
              value={from}
              onChange={(event) => setFrom(event.target.value)}
            />
            <OptionalTime label={t('replayUntil')} value={until} change={setUntil} />
          </>
        )}
      </Stack>
    </ConfirmDialog>
  );
}

function OptionalTime({
  label,
  value,
  change,
}: {
  label: string;
  value: string;
  change(value: string): void;
}) {
  const ui = useStrings(uiStrings);
  return (
    <TextInput
      type="datetime-local"
      label={
        <>
          {label} <span className="muted">({ui('optional')})</span>
        </>
      }
      value={value}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function useReplay(id: string, close: () => void) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  return useOperation(
    (body: { since: string; until?: string }) =>
      api.post('/api/admin/webhooks/{id}/replay', { id, env }, body),
    {
      toast: ({ deliveries }) =>
        deliveries === 0 ? t('replayNothing') : t('replayToast', { count: deliveries }),
      refresh: ['deliveries', 'webhooks'],
      done: close,
    },
  );
}
