import { Modal } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { boardPath } from './board-path.ts';
import { jobStrings } from './strings.ts';

/** Opens bull-board in a tab of its own, by a link for one use. Where the browser blocks the tab, the link stands in a dialog. */
export function OpenBoard() {
  const t = useStrings(jobStrings);
  const ui = useStrings(uiStrings);
  const [blocked, setBlocked] = useState<string>();
  const open = useMutation({
    mutationFn: () => replyOf(admin.POST('/api/admin/jobs/links')),
    onSuccess({ url }) {
      const path = boardPath(url);
      const tab = window.open(path, '_blank');
      if (tab) tab.opener = null;
      else setBlocked(path);
    },
  });
  const close = () => {
    setBlocked(undefined);
    open.reset();
  };
  return (
    <>
      <Button kind="primary" busy={open.isPending} onClick={() => open.mutate()}>
        <IconExternalLink size={18} stroke={1.75} aria-hidden="true" />
        {t('board')}
      </Button>
      <Modal
        opened={blocked !== undefined || open.isError}
        onClose={close}
        title={open.isError ? t('boardFailed') : t('boardReady')}
        size={560}
        closeButtonProps={{ 'aria-label': ui('close') }}
      >
        <Stack>
          {open.error && <LoadFailed error={open.error} title={t('boardFailed')} />}
          {blocked !== undefined && (
            <>
              <p className="muted">{t('boardText')}</p>
              <p>
                <a href={blocked} target="_blank" rel="noopener noreferrer" onClick={close}>
                  {t('boardOpen')}
                </a>
              </p>
            </>
          )}
        </Stack>
      </Modal>
    </>
  );
}
