import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from '../layout/confirm-dialog.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';

const stepOf = (search: object) => ('step' in search ? search.step : undefined);

/** While `when` holds, the page, or the step of an assistant, is left only by who says so. `text`: what would be lost. */
export function AskBeforeLeaving({ when, title, text }: { when: boolean; title?: string; text?: string }) {
  const t = useStrings(uiStrings);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      when && (current.pathname !== next.pathname || stepOf(current.search) !== stepOf(next.search)),
    enableBeforeUnload: () => when,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      title={title ?? t('leaveTitle')}
      confirmLabel={t('leaveGo')}
      cancelLabel={t('leaveStay')}
      onConfirm={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    >
      {text ?? t('leaveText')}
    </ConfirmDialog>
  );
}
