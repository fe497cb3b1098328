import { type ComponentProps, type ReactNode, useState } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { Button } from '../ui/controls/button.tsx';
import { ConfirmDialog, Dialog, DialogFoot } from '../ui/layout/confirm-dialog.tsx';
import { Stack } from '../ui/layout/layout.tsx';
import { type OperationEffects, useOperation } from './api/use-operation.ts';
import { Refused } from './load-failed.tsx';
import { OperationForm, RunCommand } from './operation-form.tsx';

type Effects<Reply, Input> = Omit<OperationEffects<Reply, Input>, 'refused'>;
type Words = Omit<ComponentProps<typeof DialogFoot>, 'busy' | 'onConfirm' | 'onCancel'> & {
  title: string;
  /** Title of a refusal. */
  refusal?: string;
  children: ReactNode;
};

/** A dialog that asks before an operation, and stays with its reason where the box refuses it. */
export function ConfirmOperation<Reply>({
  run,
  toast,
  refresh,
  settled,
  done,
  close,
  refusal,
  children,
  ...dialog
}: { run(): Promise<Reply>; close(): void } & Effects<Reply, void> & Words) {
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
    >
      {children}
      <RunCommand run={run} />
    </ConfirmDialog>
  );
}

/** A button whose operation is asked about first. */
export function AskedOperation<Reply>({
  button = {},
  ...operation
}: { button?: ComponentProps<typeof Button> } & Omit<
  ComponentProps<typeof ConfirmOperation<Reply>>,
  'close'
>) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button {...button} onClick={() => setAsked(true)}>
        {button.children ?? operation.confirmLabel}
      </Button>
      {asked && <ConfirmOperation {...operation} close={() => setAsked(false)} />}
    </>
  );
}

/** As ConfirmOperation, with fields whose values the operation gets. */
export function ConfirmForm<Values extends FieldValues, Reply>({
  form,
  run,
  toast,
  refresh,
  settled,
  done,
  close,
  refusal,
  title,
  children,
  ...foot
}: {
  form: UseFormReturn<Values, unknown, Values>;
  run(values: Values): Promise<Reply>;
  close(): void;
} & Effects<Reply, Values> &
  Words) {
  const operation = useOperation(run, {
    toast,
    refresh,
    settled,
    done(reply, values) {
      close();
      return done?.(reply, values);
    },
  });
  return (
    <Dialog title={title} close={close}>
      <OperationForm
        form={form}
        operation={operation}
        refusal={refusal}
        foot={<DialogFoot {...foot} busy={operation.isPending} onCancel={close} />}
      >
        <div className="muted">
          <Stack>{children}</Stack>
        </div>
      </OperationForm>
    </Dialog>
  );
}
