import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from '../controls/button.tsx';
import { Stack } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './dialog.module.css';

/** One decision that ends where it began (grade 2 of destroying). `confirmLabel` is verb and object; the focus is on the safe button. */
export function ConfirmDialog({
  opened,
  title,
  children,
  confirmLabel,
  cancelLabel,
  danger = false,
  busy = false,
  confirmDisabled = false,
  failed,
  onConfirm,
  onCancel,
}: {
  opened: boolean;
  title: string;
  /** What will be gone, and what stays. */
  children: ReactNode;
  confirmLabel: string;
  cancelLabel?: string;
  danger?: boolean;
  busy?: boolean;
  /** Something is missing that the dialog asks for, or it is not known yet what would happen. */
  confirmDisabled?: boolean;
  /** Why the box refused; see `LoadFailed`. */
  failed?: ReactNode;
  onConfirm(): void;
  onCancel(): void;
}) {
  const t = useStrings(uiStrings);
  return (
    <Modal
      opened={opened}
      onClose={onCancel}
      title={title}
      size={560}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack>
        <div className="muted">{children}</div>
        {failed}
        <div className={styles.foot}>
          <Button onClick={onCancel} data-autofocus>
            {cancelLabel ?? t('cancel')}
          </Button>
          <Button
            kind={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={confirmDisabled}
            onClick={onConfirm}
          >
            {confirmLabel}
          </Button>
        </div>
      </Stack>
    </Modal>
  );
}

/** A dialog over the page. */
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
      {children}
    </Modal>
  );
}
