import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { SendTest } from './send-test.tsx';
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
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      replyOf(admin.POST('/api/admin/webhooks/{id}/enable', { params: { path: { id }, query: { env } } })),
    async onSuccess() {
      toast(t('enabledToast'));
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
}

function DisableWebhook({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const name = useWebhookName()(webhook);
  const [reason, setReason] = useState('');
  const disable = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/webhooks/{id}/disable', {
          params: { path: { id: webhook.id }, query: { env } },
          body: { reason: reason.trim() || t('disableDefault') },
        }),
      ),
    async onSuccess() {
      toast(t('disabledToast'), { text: name });
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
      close();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('disableTitle', { name })}
      confirmLabel={t('disable')}
      cancelLabel={t('keepOn')}
      busy={disable.isPending}
      failed={disable.error && <LoadFailed error={disable.error} title={ui('couldNotSave')} />}
      onConfirm={() => disable.mutate()}
      onCancel={close}
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
    </ConfirmDialog>
  );
}

function RemoveWebhook({ webhook, waiting, close }: { webhook: Webhook; waiting: number; close(): void }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const name = useWebhookName()(webhook);
  const remove = useMutation({
    mutationFn: () =>
      replyOf(
        admin.DELETE('/api/admin/webhooks/{id}', { params: { path: { id: webhook.id }, query: { env } } }),
      ),
    async onSuccess() {
      toast(t('removedToast'), { text: name });
      close();
      await navigate({ to: '/webhooks' });
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('removeTitle', { name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} title={ui('couldNotSave')} />}
      onConfirm={() => remove.mutate()}
      onCancel={close}
    >
      <GoneAndStays
        gone={[t('removeGoneSecret'), ...(waiting > 0 ? [t('removeGoneWaiting', { count: waiting })] : [])]}
        stays={[t('removeStaysLog'), t('removeStaysGrant')]}
      />
    </ConfirmDialog>
  );
}
