import { type Control, useController, useWatch } from 'react-hook-form';
import { z } from 'zod';
import { Choice, fieldsOf } from '../../../ui/forms/index.ts';
import { Columns, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { endOf, type ScopeValues } from './scope-values.ts';
import { scopeStrings } from './strings.ts';
import styles from './uniqueness.module.css';

const Field = fieldsOf<ScopeValues>()(scopeStrings);

/** `kept`: the day that is set already, which may be over. */
export function useScopeSchema(kept = '') {
  const t = useStrings(scopeStrings);
  return z
    .object({
      falseFlags: z
        .number(t('falseFlagsWrong'))
        .min(0.001, t('falseFlagsWrong'))
        .max(10, t('falseFlagsWrong')),
      reviews: z.number(t('reviewsWrong')).max(30, t('reviewsWrong')),
      onErasure: z.enum(['reopen', 'hold']),
      retentionDays: z
        .int(t('retentionWrong'))
        .min(1, t('retentionWrong'))
        .max(3650, t('retentionWrong'))
        .nullable(),
      ends: z.string().refine((day) => day === '' || day === kept || endOf(day) > Date.now(), t('endsPast')),
    })
    .superRefine(({ falseFlags, reviews, onErasure, retentionDays, ends }, context) => {
      const wrong = (field: keyof ScopeValues, message: string) =>
        context.addIssue({ code: 'custom', path: [field], message });
      if (reviews < falseFlags) wrong('reviews', t('reviewsWrong'));
      if (ends !== '') return;
      if (onErasure === 'hold') wrong('ends', t('endsMissing'));
      else if (retentionDays === null) wrong('retentionDays', t('retentionMissing'));
    });
}

/** Rates, and what becomes of members. */
export function ScopeFields({ control, disabled }: { control: Control<ScopeValues>; disabled?: boolean }) {
  const t = useStrings(scopeStrings);
  const holds = useWatch({ control, name: 'onErasure' }) === 'hold';
  return (
    <Stack>
      <Columns n={2} collapse>
        <Field name="falseFlags" as="number" min={0} suffix=" %" disabled={disabled} />
        <Field name="reviews" as="number" min={0} suffix=" %" disabled={disabled} />
      </Columns>
      <OnErasure control={control} disabled={disabled} />
      <Columns n={2} collapse>
        <Field
          name="ends"
          type="date"
          optional={!holds}
          disabled={disabled}
          hint={t(holds ? 'endsHeldHint' : 'endsHint')}
        />
        {!holds && <Field name="retentionDays" as="whole" min={1} disabled={disabled} />}
      </Columns>
    </Stack>
  );
}

function OnErasure({ control, disabled }: { control: Control<ScopeValues>; disabled: boolean | undefined }) {
  const t = useStrings(scopeStrings);
  const { field } = useController({ control, name: 'onErasure' });
  return (
    <fieldset disabled={disabled} className={styles.choice}>
      <p>{t('onErasure')}</p>
      <Choice
        legend={t('onErasure')}
        value={field.value}
        choose={field.onChange}
        options={[
          { value: 'reopen', label: t('reopen'), hint: t('reopenHint') },
          { value: 'hold', label: t('hold'), hint: t('holdHint') },
        ]}
      />
    </fieldset>
  );
}
