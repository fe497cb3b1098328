import { Modal } from '@mantine/core';
import { KeyValues } from '../../ui/layout/layout.tsx';
import { uiStrings } from '../../ui/strings/ui-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { frameStrings } from './frame-strings.ts';

export function ShortcutList({ opened, close }: { opened: boolean; close(): void }) {
  const t = useStrings(frameStrings);
  const ui = useStrings(uiStrings);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('shortcuts')}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <KeyValues
        entries={[
          [
            t('keySearch'),
            <span key="k">
              <kbd>Ctrl K</kbd> <kbd>⌘ K</kbd> <kbd>/</kbd>
            </span>,
          ],
          [t('keyShortcuts'), <kbd key="q">?</kbd>],
          [t('keyClose'), <kbd key="e">Esc</kbd>],
        ]}
      />
    </Modal>
  );
}
