import type { ReactNode } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { ShownReview } from './open-reviews.ts';
import { decidesSession } from './review-rules.ts';
import { reviewStrings } from './strings.ts';

/** Before a decision that enrolls what waits. */
export function ConfirmEnroll({
  review,
  decision,
  busy,
  failed,
  confirm,
  cancel,
}: {
  review: ShownReview;
  decision: 'not-same-person' | 'enroll-anyway';
  busy: boolean;
  failed: ReactNode;
  confirm(): void;
  cancel(): void;
}) {
  const t = useStrings(reviewStrings);
  const { people } = review;
  const name = people.new.name ?? people.new.email ?? t('new');
  const known = people.known.name ?? people.known.email ?? t('known');
  const other = decision === 'not-same-person';
  const session = decidesSession(review);
  return (
    <ConfirmDialog
      opened
      title={session ? t('letInTitle') : t('enrollTitle', { name })}
      confirmLabel={t(session ? 'letIn' : other ? 'enrollOther' : 'anyway')}
      cancelLabel={t('decideLater')}
      busy={busy}
      failed={failed}
      onConfirm={confirm}
      onCancel={cancel}
    >
      <ul>
        <li>{t(session ? 'letInText' : 'enrollText')}</li>
        <li>{t(other ? 'enrollNever' : 'enrollOpen', { name, known })}</li>
        <li>{t(session ? 'undoTextSession' : 'enrollUndo')}</li>
      </ul>
    </ConfirmDialog>
  );
}
