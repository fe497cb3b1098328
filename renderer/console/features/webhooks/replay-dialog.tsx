import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { useWebhookName } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';

type Webhook = Schemas['Webhook'];
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
      failed={replay.error && <LoadFailed error={replay.error} title={t('replayFailed')} />}
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
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { since: string; until?: string }) =>
      replyOf(
        admin.POST('/api/admin/webhooks/{id}/replay', { params: { path: { id }, query: { env } }, body }),
      ),
    async onSuccess({ deliveries }) {
      toast(deliveries === 0 ? t('replayNothing') : t('replayToast', { count: deliveries }));
      close();
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['deliveries'] }),
        queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
      ]);
    },
  });
}
