import { NativeSelect } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { ConsequenceList, Dialog, DialogFoot, Note } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, managers, operators, type Schemas, useSession, useWorld } from '../../data.ts';
import { ConfirmForm, ConfirmOperation, Refused, RunCommand, useOperation } from '../../operations.ts';
import { useReasonAsShown } from './deliveries/answer.tsx';
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

/** What this role may do with a webhook, in its row and on its page. */
export function useWebhookActions({ ask, enable }: { ask(asked: Asked): void; enable(id: string): void }) {
  const t = useStrings(webhookStrings);
  const navigate = useNavigate();
  const { user } = useSession();
  const mayChange = managers.includes(user.role);
  const maySend = operators.includes(user.role);
  return (webhook: Webhook) => {
    const isEndpoint = webhook.kind === 'endpoint';
    const isOn = webhook.state.is === 'enabled';
    const { id } = webhook;
    return {
      test: maySend && isEndpoint && { label: t('test'), onClick: () => ask({ what: 'test', webhook }) },
      change: mayChange &&
        isEndpoint && {
          label: t('change'),
          onClick: () => void navigate({ to: '/webhooks/$id/change', params: { id } }),
        },
      toggle: maySend && {
        label: t(isOn ? 'disable' : 'enable'),
        onClick: () => (isOn ? ask({ what: 'disable', webhook }) : enable(id)),
      },
      remove: mayChange && {
        label: t('remove'),
        danger: true,
        onClick: () => ask({ what: 'remove', webhook }),
      },
    };
  };
}

const ReasonField = fieldsOf<{ disableReason: string }>()(webhookStrings);

function DisableWebhook({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  const name = useWebhookName()(webhook);
  const form = useForm({ defaultValues: { disableReason: '' } });
  return (
    <ConfirmForm
      form={form}
      run={({ disableReason }) =>
        api.post(
          '/api/admin/webhooks/{id}/disable',
          { id: webhook.id, env },
          { reason: disableReason.trim() || t('disableDefault') },
        )
      }
      toast={[t('disabledToast'), name]}
      refresh={['webhooks']}
      title={t('disableTitle', { name })}
      confirmLabel={t('disable')}
      cancelLabel={t('keepOn')}
      close={close}
    >
      <p>{t('disableText')}</p>
      <ReasonField name="disableReason" optional maxLength={200} />
    </ConfirmForm>
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
      <ConsequenceList
        gone={[t('removeGoneSecret'), ...(waiting > 0 ? [t('removeGoneWaiting', { count: waiting })] : [])]}
        stays={[t('removeStaysLog'), t('removeStaysGrant')]}
      />
    </ConfirmOperation>
  );
}

/** Sends the sample of one event and shows what came back, in the same dialog. */
function SendTest({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const env = useWorld();
  const [event, setEvent] = useState(webhook.events[0] ?? '');
  const send = useOperation(
    () => api.post('/api/admin/webhooks/{id}/test', { id: webhook.id, env }, event === '' ? {} : { event }),
    { settled: ['deliveries', 'webhooks'] },
  );
  return (
    <Dialog title={t('testTitle')} close={close}>
      <p className="muted">{t('testText')}</p>
      <NativeSelect
        label={t('testEvent')}
        data={[...webhook.events]}
        value={event}
        onChange={({ target }) => setEvent(target.value)}
      />
      <RunCommand run={send.run} />
      <Refused of={send} title={t('testRefused')} />
      {send.data && !send.isPending && <TestResult webhook={webhook} delivery={send.data} close={close} />}
      <DialogFoot
        confirmLabel={t('testSend')}
        cancelLabel={send.data && t('done')}
        busy={send.isPending}
        onConfirm={() => send.mutate()}
        onCancel={close}
      />
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
  const reasonOf = useReasonAsShown();
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
  const reason = reasonOf(delivery.state, attempt);
  return (
    <Note kind="bad" title={t('testRefused')} action={show}>
      {reason ?? t('testAnswered', answer)}
    </Note>
  );
}

interface Replay {
  replaySpan: 'failing' | 'hour' | 'day' | 'own';
  replayFrom: string;
  replayUntil: string;
}
const ReplayField = fieldsOf<Replay>()(webhookStrings);
const HOUR = 3_600_000;

/** The span as the route takes it. */
function spanOf({ replaySpan, replayFrom, replayUntil }: Replay, failingSince: string | undefined) {
  const momentOf = (time: string | number) => new Date(time).toISOString();
  if (replaySpan === 'own')
    return { since: momentOf(replayFrom), until: replayUntil === '' ? undefined : momentOf(replayUntil) };
  const hours = replaySpan === 'hour' ? 1 : 24;
  return {
    since: replaySpan === 'failing' ? (failingSince ?? '') : momentOf(Date.now() - hours * HOUR),
  };
}

/** A span of time whose events are sent again. */
export function ReplayDialog({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const format = useFormat();
  const name = useWebhookName()(webhook);
  const env = useWorld();
  const { failingSince } = webhook;
  const form = useCheckedForm<Replay>(
    z
      .object({
        replaySpan: z.enum(['failing', 'hour', 'day', 'own']),
        replayFrom: z.string(),
        replayUntil: z.string(),
      })
      .refine(({ replaySpan, replayFrom }) => replaySpan !== 'own' || replayFrom !== '', {
        path: ['replayFrom'],
        message: t('replayFromMissing'),
      }),
    { replaySpan: failingSince === undefined ? 'day' : 'failing', replayFrom: '', replayUntil: '' },
  );
  return (
    <ConfirmForm
      form={form}
      run={(asked) =>
        api.post('/api/admin/webhooks/{id}/replay', { id: webhook.id, env }, spanOf(asked, failingSince))
      }
      toast={({ deliveries }) =>
        deliveries === 0 ? t('replayNothing') : t('replayToast', { count: deliveries })
      }
      refresh={['deliveries', 'webhooks']}
      title={t('replayTitle', { name })}
      confirmLabel={t('replaySend')}
      refusal={t('replayFailed')}
      close={close}
    >
      <p>{t('replayText')}</p>
      <ReplayField
        name="replaySpan"
        options={[
          ...(failingSince === undefined
            ? []
            : [{ value: 'failing', label: t('replayFailing', { time: format.dateTime(failingSince) }) }]),
          { value: 'hour', label: t('replayHour') },
          { value: 'day', label: t('replayDay') },
          { value: 'own', label: t('replayOwn') },
        ]}
      />
      {form.watch('replaySpan') === 'own' && (
        <>
          <ReplayField name="replayFrom" type="datetime-local" />
          <ReplayField name="replayUntil" type="datetime-local" optional />
        </>
      )}
    </ConfirmForm>
  );
}
