import {
  Checkbox,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { type ComponentProps, type ReactNode, useMemo } from 'react';
import { type FieldPath, type FieldValues, useController, useFormContext } from 'react-hook-form';
import type { Messages, Strings } from '../strings/define-strings.ts';
import { useLanguage } from '../strings/language.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { FaultText } from './field-fault.tsx';
import styles from './form.module.css';

type Last<Path extends string> = Path extends `${string}.${infer Rest}` ? Last<Rest> : Path;
/** Its key in the catalog: the whole name where there is such a sentence, else its last part. */
type KeyOf<M, Name extends string> = Name extends keyof M ? Name : Last<Name>;
type OptionIn<M, Name extends string> =
  Extract<keyof M, `${Name}.${string}`> extends `${Name}.${infer Option}` ? Option : never;

type Kind = 'text' | 'lines' | 'secret' | 'number' | 'whole' | 'check' | 'switch' | 'several' | 'beside';
interface Option {
  value: string;
  label: string;
  hint?: ReactNode;
}
type Passed = Omit<
  ComponentProps<typeof TextInput>,
  | 'label'
  | 'description'
  | 'error'
  | 'name'
  | 'value'
  | 'onChange'
  | 'onBlur'
  | 'ref'
  | 'defaultValue'
  | 'list'
> &
  Pick<ComponentProps<typeof NumberInput>, 'min' | 'max' | 'step' | 'suffix'>;

type Labelled<M, Key> = Key extends keyof M ? { label?: ReactNode } : { label: ReactNode };
export type FieldProps<Values extends FieldValues, M, Name extends FieldPath<Values>> = Passed & {
  name: Name;
  as?: Kind;
  /** Between label and field; absent: `nameHint` of the catalog, where there is one. */
  hint?: ReactNode;
  /** Required is the default; this one may be left empty. */
  optional?: boolean;
  /** One of a few, or `several` (`beside` one another): by the sentence `name.option` of the catalog, or with a label of its own. */
  options?: readonly (OptionIn<M, KeyOf<M, Name>> | Option)[];
  rows?: number;
  /** Its label is only for screen readers. */
  hidden?: boolean;
} & Labelled<M, KeyOf<M, Name>>;

/**
 * The fields of one form by their names, inside a `Form`: label, hint and options come from its catalog under its name, or the last part
 * of it.
 * At module scope: `const Field = fieldsOf<Values>()(siteStrings)`.
 */
export const fieldsOf =
  <Values extends FieldValues>() =>
  <M extends Messages>(strings: Strings<M>) =>
    function Field<Name extends FieldPath<Values>>(props: FieldProps<Values, M, Name>) {
      const {
        name,
        as = 'text',
        hint,
        optional,
        options,
        hidden,
        label,
        ...rest
      } = props as Omit<FieldProps<Values, M, Name>, 'label' | 'options'> & {
        label?: ReactNode;
        options?: readonly (string | Option)[];
      };
      const t = useStrings(strings) as unknown as (key: string) => string;
      const ui = useStrings(uiStrings);
      const { control } = useFormContext<Values>();
      const { field, fieldState } = useController({ control, name });
      const key = name in strings.en ? name : (name.split('.').at(-1) ?? name);
      const numbers = useSeparators(as === 'whole');
      const text = label ?? t(key);
      const common = {
        ...rest,
        ...field,
        label: optional ? (
          <>
            {text} <span className="muted">({ui('optional')})</span>
          </>
        ) : (
          text
        ),
        description: hint === undefined && `${key}Hint` in strings.en ? t(`${key}Hint`) : hint,
        error: fieldState.error?.message && <FaultText {...fieldState.error} />,
        disabled: rest.disabled ?? field.disabled,
        ...(hidden && { labelProps: { className: 'sr' } }),
      };
      const value = field.value ?? '';
      const data = options?.map(
        (one): Option => (typeof one === 'string' ? { value: one, label: t(`${key}.${one}`) } : one),
      );
      if (data && (as === 'several' || as === 'beside'))
        return (
          <Checkbox.Group
            label={common.label}
            description={common.description}
            error={common.error}
            value={field.value}
            onChange={field.onChange}
          >
            <div className={styles[as]}>
              {data.map((one, index) => (
                <Checkbox
                  key={one.value}
                  value={one.value}
                  label={one.label}
                  description={one.hint}
                  onBlur={field.onBlur}
                  {...(index === 0 && { ref: field.ref })}
                />
              ))}
            </div>
          </Checkbox.Group>
        );
      if (data) return <NativeSelect {...(common as object)} value={value} data={data} />;
      switch (as) {
        case 'text':
          return <TextInput {...common} value={value} />;
        case 'lines':
          return <Textarea rows={4} {...(common as object)} value={value} />;
        case 'secret':
          return <PasswordInput {...(common as object)} value={value} />;
        case 'check':
          return <Checkbox {...(common as object)} value={undefined} checked={Boolean(field.value)} />;
        case 'switch':
          return <Switch {...(common as object)} value={undefined} checked={Boolean(field.value)} />;
        case 'number':
        case 'whole':
          return (
            <NumberInput
              hideControls
              {...numbers}
              {...(common as object)}
              value={value}
              onChange={(next) => field.onChange(next === '' ? null : Number(next))}
            />
          );
        default:
          throw new Error(`${name} has no options.`);
      }
    };

/** How the reader's locale writes numbers: whole ones with thousands apart. */
function useSeparators(whole: boolean) {
  const { locale } = useLanguage();
  return useMemo(() => {
    const parts = new Intl.NumberFormat(locale).formatToParts(12345.6);
    const find = (type: string) => parts.find((part) => part.type === type)?.value;
    const decimalSeparator = find('decimal') ?? '.';
    return whole
      ? {
          allowDecimal: false,
          allowNegative: false,
          allowedDecimalSeparators: [],
          decimalSeparator,
          thousandSeparator: find('group') ?? '',
        }
      : { allowedDecimalSeparators: ['.', ','], decimalSeparator };
  }, [locale, whole]);
}
