import { Modal, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { webhookStrings } from './strings.ts';

type Webhook = Schemas['Webhook'];

/** Sends the sample of one event and shows what came back, in the same dialog. */
export function SendTest({ webhook, close }: { webhook: Webhook; close(): void }) {
  const t = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const [event, setEvent] = useState(webhook.events[0] ?? '');
  const send = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/webhooks/{id}/test', {
          params: { path: { id: webhook.id }, query: { env } },
          body: event === '' ? {} : { event },
        }),
      ),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['deliveries'] }),
        queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
      ]),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t('testTitle')}
      size={560}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Stack>
        <p className="muted">{t('testText')}</p>
        <NativeSelect
          label={t('testEvent')}
          data={[...webhook.events]}
          value={event}
          onChange={({ target }) => setEvent(target.value)}
        />
        {send.error && <LoadFailed error={send.error} title={t('testRefused')} />}
        {send.data && !send.isPending && <TestResult webhook={webhook} delivery={send.data} close={close} />}
        <Row>
          <Button kind="primary" busy={send.isPending} onClick={() => send.mutate()} data-autofocus>
            {t('testSend')}
          </Button>
          <Button onClick={close}>{send.data ? t('done') : ui('cancel')}</Button>
        </Row>
      </Stack>
    </Modal>
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
