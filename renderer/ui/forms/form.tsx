import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import {
  type DefaultValues,
  type FieldErrors,
  type FieldPath,
  type FieldValues,
  FormProvider,
  type UseFormReturn,
  useForm,
} from 'react-hook-form';
import type { z } from 'zod';
import { Note } from '../layout/note.tsx';
import { RefusalRegion } from '../layout/refusal-region.tsx';
import { Refusal } from '../refusal.ts';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { type Fault, FaultText, useFault } from './field-fault.tsx';
import styles from './form.module.css';
import { createOneAtATime } from './one-at-a-time.ts';

interface FoundError extends Fault {
  path: string;
}

/** The errors of a form in the order of its fields. */
export function flattenErrors(errors: FieldErrors, prefix = ''): FoundError[] {
  return Object.entries(errors).flatMap(([name, error]) => {
    const path = `${prefix}${name}`;
    if (!error || typeof error !== 'object') return [];
    if ('message' in error && typeof error.message === 'string') return [{ path, ...(error as Fault) }];
    return name === 'root' || name === 'ref' ? [] : flattenErrors(error as FieldErrors, `${path}.`);
  });
}

/**
 * A form of react-hook-form. Fields are checked when they are left and on submit (`useForm({ mode: 'onTouched' })`); on submit the first
 * wrong field gets the focus, and two or more are summed up above, each as a way to its field. `failed`: why the box refused; it is brought
 * to the reader. Until what `onSubmit` does or begins (a mutation) has ended, the form takes no further submit.
 */
export function Form<Values extends FieldValues, Output extends FieldValues>({
  form,
  onSubmit,
  failed,
  children,
}: {
  form: UseFormReturn<Values, unknown, Output>;
  onSubmit(values: Output): unknown;
  failed?: ReactNode;
  children: ReactNode;
}) {
  const t = useStrings(uiStrings);
  const { errors, submitCount } = form.formState;
  const found = flattenErrors(errors);
  const { submit: once, watch } = useOneSubmit();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void once(() => form.handleSubmit((values) => watch(() => onSubmit(values)))());
  };
  return (
    <FormProvider {...(form as unknown as UseFormReturn<Values>)}>
      <form className={styles.form} onSubmit={submit} noValidate>
        {submitCount > 0 && found.length >= 2 && (
          <div className={styles.summary}>
            <Note kind="bad" title={t('fieldsToCorrect', { count: found.length })}>
              <ul>
                {found.map(({ path, ...fault }) => (
                  <li key={path}>
                    <a
                      href={`#${path}`}
                      onClick={(event) => {
                        event.preventDefault();
                        form.setFocus(path as FieldPath<Values>);
                      }}
                    >
                      <FaultText {...fault} />
                    </a>
                  </li>
                ))}
              </ul>
            </Note>
          </div>
        )}
        <RefusalRegion>{failed}</RefusalRegion>
        {children}
      </form>
    </FormProvider>
  );
}

const valueAt = (values: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inside, name) =>
        typeof inside === 'object' && inside !== null ? (inside as Record<string, unknown>)[name] : undefined,
      values,
    );

/** What the box said against single fields stands at these fields, and the first of them gets the focus. */
export function useFieldRefusals<Values extends FieldValues, Output extends FieldValues>(
  { setError, getValues }: UseFormReturn<Values, unknown, Output>,
  error: unknown,
): void {
  const faultOf = useFault();
  useEffect(() => {
    if (!(error instanceof Refusal)) return;
    const known = error.details.filter(({ path }) => valueAt(getValues(), path) !== undefined);
    // The last call that asks for the focus gets it.
    for (const detail of known.toReversed())
      setError(detail.path as FieldPath<Values>, faultOf(detail), { shouldFocus: true });
  }, [error, setError, getValues, faultOf]);
}

/** Gives what wraps a submit, so that one is dropped while an earlier one, or a mutation that it began, has not ended. */
function useOneSubmit() {
  const mutations = useQueryClient().getMutationCache();
  const [once] = useState(createOneAtATime);
  const begun = useRef<ReturnType<typeof mutations.getAll>>([]);
  return {
    submit: async (work: () => Promise<unknown>) => {
      if (begun.current.some(({ state }) => state.status === 'pending')) return;
      await once(work);
    },
    watch<T>(send: () => T): T {
      const before = new Set(mutations.getAll());
      const result = send();
      begun.current = mutations.getAll().filter((one) => !before.has(one));
      return result;
    },
  };
}

/** A form whose fields are checked by a schema: when they are left, and on submit. */
export const useCheckedForm = <Input extends FieldValues, Output extends FieldValues = Input>(
  schema: z.ZodType<Output, Input>,
  defaultValues: DefaultValues<Input>,
  disabled?: boolean,
) =>
  useForm<Input, unknown, Output>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues,
    ...(disabled !== undefined && { disabled }),
  });
