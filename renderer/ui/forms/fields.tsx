import {
  Checkbox,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { type ComponentProps, type ElementType, type ReactNode, useMemo } from 'react';
import { type Control, type FieldPath, type FieldValues, useController } from 'react-hook-form';
import { useLanguage } from '../strings/language.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';

interface Base<Form extends FieldValues> {
  control: Control<Form>;
  name: FieldPath<Form>;
  label: string;
  /** Between label and field. */
  hint?: ReactNode;
  /** Required is the default; this one may be left empty. */
  optional?: boolean;
  disabled?: boolean;
}

/** What every field shares: label, hint, error, and its place in the form. */
function useField<Form extends FieldValues>({ control, name, label, hint, optional, disabled }: Base<Form>) {
  const t = useStrings(uiStrings);
  const { field, fieldState } = useController({ control, name });
  const text = optional ? (
    <>
      {label} <span className="muted">({t('optional')})</span>
    </>
  ) : (
    label
  );
  return { field, label: text, description: hint, error: fieldState.error?.message, disabled };
}

type Rest<Component extends ElementType> = Omit<
  ComponentProps<Component>,
  'label' | 'description' | 'error' | 'name' | 'value' | 'onChange' | 'onBlur' | 'ref' | 'defaultValue'
>;

/** One line of text. */
export function TextField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  optional,
  disabled,
  ...rest
}: Base<Form> & Rest<typeof TextInput>) {
  const { field, ...common } = useField({ control, name, label, hint, optional, disabled });
  return <TextInput {...rest} {...common} {...field} value={field.value ?? ''} />;
}

/** A password or code: can be shown, pasted, and filled in by a password manager. */
export function SecretField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  optional,
  disabled,
  ...rest
}: Base<Form> & Rest<typeof PasswordInput>) {
  const { field, ...common } = useField({ control, name, label, hint, optional, disabled });
  return <PasswordInput {...rest} {...common} {...field} value={field.value ?? ''} />;
}

/** Several lines of text. */
export function TextAreaField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  optional,
  disabled,
  ...rest
}: Base<Form> & Rest<typeof Textarea>) {
  const { field, ...common } = useField({ control, name, label, hint, optional, disabled });
  return <Textarea rows={4} {...rest} {...common} {...field} value={field.value ?? ''} />;
}

/** How the reader's locale writes numbers. */
function useSeparators(grouped: boolean) {
  const { locale } = useLanguage();
  return useMemo(() => {
    const parts = new Intl.NumberFormat(locale).formatToParts(12345.6);
    const find = (type: string) => parts.find((part) => part.type === type)?.value;
    return {
      decimalSeparator: find('decimal') ?? '.',
      ...(grouped && { thousandSeparator: find('group') ?? '' }),
    };
  }, [locale, grouped]);
}

/** A number; empty is `null`. `grouped`: thousands apart, as the reader's locale writes them. */
export function NumberField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  optional,
  disabled,
  grouped = false,
  ...rest
}: Base<Form> & { grouped?: boolean } & Rest<typeof NumberInput>) {
  const { field, ...common } = useField({ control, name, label, hint, optional, disabled });
  return (
    <NumberInput
      hideControls
      allowedDecimalSeparators={grouped ? [] : ['.', ',']}
      {...useSeparators(grouped)}
      {...rest}
      {...common}
      {...field}
      value={field.value ?? ''}
      onChange={(value) => field.onChange(value === '' ? null : Number(value))}
    />
  );
}

/** One of a few, with the means of the system: works with a thumb and with every screen reader. */
export function SelectField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  optional,
  disabled,
  ...rest
}: Base<Form> & Rest<typeof NativeSelect>) {
  const { field, ...common } = useField({ control, name, label, hint, optional, disabled });
  return <NativeSelect {...rest} {...common} {...field} value={field.value ?? ''} />;
}

/** Yes or no, which takes effect on saving. */
export function CheckboxField<Form extends FieldValues>({
  control,
  name,
  label,
  hint,
  disabled,
}: Base<Form>) {
  const { field, error } = useField({ control, name, label, hint, disabled });
  const { value, ...rest } = field;
  return (
    <Checkbox
      label={label}
      description={hint}
      error={error}
      disabled={disabled}
      {...rest}
      checked={Boolean(value)}
    />
  );
}

/** On or off. */
export function SwitchField<Form extends FieldValues>({ control, name, label, hint, disabled }: Base<Form>) {
  const { field, error } = useField({ control, name, label, hint, disabled });
  const { value, ...rest } = field;
  return (
    <Switch
      label={label}
      description={hint}
      error={error}
      disabled={disabled}
      {...rest}
      checked={Boolean(value)}
    />
  );
}
