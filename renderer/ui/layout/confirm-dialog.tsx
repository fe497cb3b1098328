import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from '../controls/button.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './dialog.module.css';
import { Stack } from './layout.tsx';
import { RefusalRegion } from './refusal-region.tsx';

interface FootProps {
  confirmLabel: string;
  cancelLabel?: string;
  danger?: boolean;
  busy?: boolean;
  /** Something is missing that the dialog asks for, or it is not known yet what would happen. */
  confirmDisabled?: boolean;
  /** A third way, between the two. */
  other?: ReactNode;
  /** Absent: the form around it is sent. */
  onConfirm?: () => void;
  onCancel(): void;
}

/** The safe button, which has the focus, and the other one. */
export function DialogFoot({
  confirmLabel,
  cancelLabel,
  danger,
  busy,
  confirmDisabled,
  other,
  onConfirm,
  onCancel,
}: FootProps) {
  const t = useStrings(uiStrings);
  return (
    <DialogButtons>
      <Button onClick={onCancel} data-autofocus>
        {cancelLabel ?? t('cancel')}
      </Button>
      {other}
      <Button
        type={onConfirm ? 'button' : 'submit'}
        kind={danger ? 'danger' : 'primary'}
        busy={busy}
        disabled={confirmDisabled}
        onClick={onConfirm}
      >
        {confirmLabel}
      </Button>
    </DialogButtons>
  );
}

/** What ends a dialog comes last. */
export const DialogButtons = ({ children }: { children: ReactNode }) => (
  <div className={styles.foot}>{children}</div>
);

/** One decision that ends where it began (grade 2 of destroying). `confirmLabel` is verb and object; the focus is on the safe button. */
export function ConfirmDialog({
  opened,
  title,
  children,
  failed,
  ...foot
}: FootProps & {
  opened: boolean;
  title: string;
  /** What will be gone, and what stays. */
  children: ReactNode;
  /** Why the box refused; see `LoadFailed`. */
  failed?: ReactNode;
}) {
  return (
    <Dialog opened={opened} title={title} close={foot.onCancel}>
      <div className="muted">
        <Stack>{children}</Stack>
      </div>
      <RefusalRegion>{failed}</RefusalRegion>
      <DialogFoot {...foot} />
    </Dialog>
  );
}

/** A dialog over the page: what it holds stands below one another. */
export function Dialog({
  opened = true,
  title,
  size = 560,
  close,
  children,
}: {
  opened?: boolean;
  title: ReactNode;
  size?: number | string;
  close(): void;
  children: ReactNode;
}) {
  const t = useStrings(uiStrings);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack>{children}</Stack>
    </Modal>
  );
}
