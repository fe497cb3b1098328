import { Modal } from '@mantine/core';
import { Id } from '../../../ui/badges/id.tsx';
import { Snippet } from '../../../ui/code/snippet.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { KeyValues, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { Outcome } from './outcome.tsx';
import { auditStrings } from './strings.ts';

/** Everything that one line says. */
export function AuditLineDialog({ line, close }: { line: Schemas['AuditLine']; close(): void }) {
  const t = useStrings(auditStrings);
  const ui = useStrings(uiStrings);
  const format = useFormat();
  const idOf = (id: string | undefined, name: string) => id && <Id id={id} name={name} />;
  return (
    <Modal
      opened
      onClose={close}
      title={t('lineTitle', { seq: line.seq })}
      size={640}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Stack>
        <KeyValues
          entries={[
            [t('action'), <code key="action">{line.action}</code>],
            [t('outcome'), <Outcome key="outcome" outcome={line.outcome} />],
            [t('time'), format.absolute(line.time)],
            [t('actor'), <Id key="actor" id={line.actor} name={t('actor')} />],
            [t('target'), idOf(line.target, t('target'))],
            [t('person'), idOf(line.subject, t('person'))],
            [t('request'), idOf(line.request, t('request'))],
            [t('personal'), line.personal && t('sealed')],
          ]}
        />
        <Snippet name={t('details')} code={JSON.stringify(line.details, undefined, 2) ?? '{}'} />
      </Stack>
    </Modal>
  );
}
