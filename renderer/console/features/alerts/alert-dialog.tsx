import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { Id } from '../../../ui/badges/id.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { KeyValues, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { alertStrings } from './strings.ts';

/** What a rule found, and what became of each notification. */
export function AlertDialog({
  alert,
  action,
  close,
}: {
  alert: Schemas['Alert'];
  action: ReactNode;
  close(): void;
}) {
  const t = useStrings(alertStrings);
  const ui = useStrings(uiStrings);
  const format = useFormat();
  return (
    <Modal
      opened
      onClose={close}
      title={alert.name}
      size={560}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Stack>
        <KeyValues
          entries={[
            [t('metric'), t(alert.metric)],
            [
              t('measured'),
              t('of', { value: format.count(alert.value), threshold: format.count(alert.threshold) }),
            ],
            [t('fired'), format.absolute(alert.firedAt)],
            [t('about'), alert.about && <Id id={alert.about} name={t('about')} />],
            [
              t('acknowledged'),
              alert.acknowledged &&
                t('byAt', {
                  by: alert.acknowledged.by,
                  time: format.absolute(alert.acknowledged.at),
                }),
            ],
            ...Object.entries(alert.notified).map(([channel, what]) => [channel, what] as const),
          ]}
        />
        {action && <Row>{action}</Row>}
      </Stack>
    </Modal>
  );
}
