import type { ComponentProps } from 'react';
import { ConfirmDialog } from '../ui/dialogs/confirm-dialog.tsx';
import { type OperationEffects, useOperation } from './api/use-operation.ts';
import { Refused } from './load-failed.tsx';

type Dialog = ComponentProps<typeof ConfirmDialog>;

/** A dialog that asks before an operation, and stays with its reason where the box refuses it. */
export function ConfirmOperation<Reply>({
  run,
  toast,
  refresh,
  settled,
  done,
  close,
  refusal,
  ...dialog
}: {
  run(): Promise<Reply>;
  close(): void;
  /** Title of a refusal. */
  refusal?: string;
} & Omit<OperationEffects<Reply, void>, 'refused'> &
  Omit<Dialog, 'opened' | 'busy' | 'failed' | 'onConfirm' | 'onCancel'>) {
  const operation = useOperation(run, {
    toast,
    refresh,
    settled,
    done(reply) {
      close();
      return done?.(reply);
    },
  });
  return (
    <ConfirmDialog
      {...dialog}
      opened
      busy={operation.isPending}
      failed={<Refused of={operation} title={refusal} />}
      onConfirm={() => operation.mutate()}
      onCancel={close}
    />
  );
}
