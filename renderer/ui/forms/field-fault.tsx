import { useCallback } from 'react';
import type { FieldError } from 'react-hook-form';
import type { FieldRefusal } from '../refusal.ts';
import { Said } from '../said.tsx';
import { defineStrings } from '../strings/define-strings.ts';
import { useLanguage } from '../strings/language.tsx';
import { useStrings } from '../strings/use-strings.ts';
import de from './rule-strings.de.json' with { type: 'json' };
import en from './rule-strings.en.json' with { type: 'json' };

const ruleStrings = defineStrings('ui/forms/rule-strings', en, de);

const isRule = (key: string): key is keyof typeof en => Object.hasOwn(en, key);

/** What is wrong with a field, as react-hook-form keeps it; `types.own`: the box's English sentence, where only that says it. */
export type Fault = Pick<FieldError, 'type' | 'message' | 'types'>;

/** What the box said against a field, in the language of the reader. */
export function useFault(): (refusal: FieldRefusal) => Fault {
  const t = useStrings(ruleStrings);
  const { language } = useLanguage();
  return useCallback(
    ({ message, rule = '', limit = 0, values = [] }) => {
      const type = 'box';
      if (language === 'en') return { type, message };
      const key = rule === 'type' ? `type.${values[0]}` : rule;
      if (!isRule(key)) return { type, message: t('other'), types: { own: message } };
      return { type, message: t(key as 'max', { limit, values: values.join(', ') } as { limit: number }) };
    },
    [t, language],
  );
}

export const FaultText = ({ message, types }: Fault) => (
  <Said text={message} own={typeof types?.own === 'string' ? types.own : undefined} />
);
