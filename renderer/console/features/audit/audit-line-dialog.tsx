import { Modal } from '@mantine/core';
import { Id } from '../../../ui/badges/id.tsx';
import { Snippet } from '../../../ui/code/snippet.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { KeyValues, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { FilterValues } from '../../../ui/tables/filter-bar.tsx';
import type { Schemas } from '../../api/admin.ts';
import { Outcome } from './outcome.tsx';
import { auditStrings } from './strings.ts';

/** Everything that one line says. */
export function AuditLineDialog({
  line,
  close,
  only,
}: {
  line: Schemas['AuditLine'];
  close(): void;
  /** Filters the list. */
  only(patch: FilterValues): void;
}) {
  const t = useStrings(auditStrings);
  const ui = useStrings(uiStrings);
  const format = useFormat();
  const filter = (patch: FilterValues) => {
    only(patch);
    close();
  };
  const person = [line.subject, line.target].find((id) => id?.startsWith('sub_'));
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
        <Row>
          <Button small onClick={() => filter({ actor: line.actor })}>
            {t('onlyActor')}
          </Button>
          <Button small onClick={() => filter({ action: line.action })}>
            {t('onlyAction')}
          </Button>
          {person !== undefined && (
            <Button small onClick={() => filter({ person })}>
              {t('onlyPerson')}
            </Button>
          )}
        </Row>
        <Snippet name={t('details')} code={JSON.stringify(line.details, undefined, 2) ?? '{}'} />
      </Stack>
    </Modal>
  );
}
