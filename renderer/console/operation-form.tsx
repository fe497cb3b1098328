import type { UseMutationResult } from '@tanstack/react-query';
import type { LinkProps } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { Button, ButtonLink } from '../ui/controls/button.tsx';
import { Form, useFieldRefusals } from '../ui/forms/form.tsx';
import { DialogButtons } from '../ui/layout/confirm-dialog.tsx';
import { Row } from '../ui/layout/layout.tsx';
import { uiStrings } from '../ui/strings/ui-strings.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { ShownRequest } from './command/command-of.ts';
import { recordOf } from './command/record.ts';
import { ShowCommand } from './command/show-command.tsx';
import { Refused } from './load-failed.tsx';

/** A form that sends one operation. Where the box refuses it, the reason stands above its fields, and what concerns a field at the field. */
export function OperationForm<Values extends FieldValues, Output extends FieldValues, Reply>({
  form,
  operation,
  refusal,
  foot,
  children,
}: {
  form: UseFormReturn<Values, unknown, Output>;
  operation: UseMutationResult<Reply, Error, Output> & { run(values: Output): Promise<Reply> };
  /** Title of a refusal. */
  refusal?: string;
  /** The buttons of a dialog, which end it. */
  foot?: ReactNode;
  children: ReactNode;
}) {
  useFieldRefusals(form, operation.error);
  return (
    <Form
      form={form}
      onSubmit={(values) => operation.mutate(values)}
      failed={<Refused of={operation} title={refusal} />}
    >
      {children}
      <FormCommand form={form} run={operation.run} />
      {foot}
    </Form>
  );
}

/** In a dialog: the command of what it would send. */
export const RunCommand = ({ run }: { run(): Promise<unknown> }) => (
  <Row>
    <ShowCommand find={() => recordOf(run)} />
  </Row>
);

/** At the foot of a form whose refusals are its own: the command of what it would send. */
export const FormCommand = <Values extends FieldValues, Output extends FieldValues>({
  form,
  run,
  many,
}: {
  form: UseFormReturn<Values, unknown, Output>;
  run(values: Output): Promise<unknown>;
  /** `run` sends one of many. */
  many?: (values: Output) => ShownRequest['many'];
}) => (
  <Row>
    <ShowCommand find={() => requestOf(form, run, many)} />
  </Row>
);

/** What the form would send, once its fields are right; they are marked where they are not. */
async function requestOf<Values extends FieldValues, Output extends FieldValues>(
  form: UseFormReturn<Values, unknown, Output>,
  run: (values: Output) => Promise<unknown>,
  many: ((values: Output) => ShownRequest['many']) | undefined,
): Promise<ShownRequest | undefined> {
  let request: ShownRequest | undefined;
  await form.handleSubmit(async (values) => {
    request = await recordOf(() => run(values));
    if (request && many) request = { ...request, many: many(values) };
  })();
  return request;
}

/** A button that does an operation, once at a time. */
export const RunButton = ({
  of,
  ...rest
}: { of: { isPending: boolean; mutate(): void } } & ComponentProps<typeof Button>) => (
  <Button {...rest} busy={of.isPending} onClick={() => of.mutate()} />
);

/** At the foot of a form: verb and object, and the way back. A form in a dialog goes back by a function. */
export function Submit({
  of,
  back,
  children,
}: {
  of: { isPending: boolean };
  back?: LinkProps['to'] | (() => void);
  children: ReactNode;
}) {
  const ui = useStrings(uiStrings);
  const send = (
    <Button type="submit" kind="primary" busy={of.isPending}>
      {children}
    </Button>
  );
  if (typeof back === 'function')
    return (
      <DialogButtons>
        <Button onClick={back}>{ui('cancel')}</Button>
        {send}
      </DialogButtons>
    );
  return (
    <Row>
      {send}
      {back && <ButtonLink to={back}>{ui('cancel')}</ButtonLink>}
    </Row>
  );
}
