import { NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { useWebhookName } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';

const HOUR = 3600;

/** Asks how long both secrets are valid; `done` gets the new one. */
export function RotateSecret({
  webhook,
  close,
  done,
}: {
  webhook: Schemas['Webhook'];
  close(): void;
  done(secret: string): void;
}) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const name = useWebhookName()(webhook);
  const [seconds, setSeconds] = useState(24 * HOUR);
  const rotate = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/webhooks/{id}/rotate', {
          params: { path: { id: webhook.id }, query: { env } },
          body: { overlapSeconds: seconds },
        }),
      ),
    async onSuccess({ secret }) {
      done(secret);
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('rotateTitle', { name })}
      confirmLabel={t('rotate')}
      busy={rotate.isPending}
      failed={rotate.error && <LoadFailed error={rotate.error} title={ui('couldNotSave')} />}
      onConfirm={() => rotate.mutate()}
      onCancel={close}
    >
      <Stack>
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
      </Stack>
    </ConfirmDialog>
  );
}
