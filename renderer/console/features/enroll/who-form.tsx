import { zodResolver } from '@hookform/resolvers/zod';
import { Checkbox } from '@mantine/core';
import { type Control, Controller, useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { SwitchField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Order } from './enroll-pictures.ts';
import { enrollStrings } from './strings.ts';

const purposes = ['verification', 'identification', 'deduplication'] as const;

function useSchema() {
  const t = useStrings(enrollStrings);
  return z
    .object({
      email: z.email(t('emailWrong')).max(254),
      name: z.string().trim().max(200),
      own: z.boolean(),
      textVersion: z.string().trim().max(80),
      method: z.string().trim().max(80),
      legalBasis: z.string().trim().max(120),
      purposes: z.array(z.enum(purposes)),
    })
    .check(({ value, issues }) => {
      if (!value.own) return;
      for (const name of ['textVersion', 'method', 'legalBasis'] as const)
        if (value[name] === '')
          issues.push({ code: 'custom', path: [name], message: t('missing'), input: value[name] });
      if (value.purposes.length === 0)
        issues.push({ code: 'custom', path: ['purposes'], message: t('purposesMissing'), input: [] });
    });
}
type Values = z.output<ReturnType<typeof useSchema>>;

export const toOrder = ({ email, name, own, textVersion, method, legalBasis, purposes }: Values): Order => ({
  email,
  ...(name !== '' && { name }),
  ...(own && { consent: { textVersion, method, legalBasis, purposes } }),
});

/** Who is enrolled, and what they agreed to. `withConsent`: the organization records consent with each enrollment. */
export function WhoForm({
  withConsent,
  before,
  next,
}: {
  withConsent: boolean;
  before: Order | undefined;
  next(order: Order, by: 'camera' | 'files'): void;
}) {
  const t = useStrings(enrollStrings);
  const form = useForm({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: {
      email: before?.email ?? '',
      name: before?.name ?? '',
      own: withConsent || before?.consent !== undefined,
      textVersion: before?.consent?.textVersion ?? '',
      method: before?.consent?.method ?? '',
      legalBasis: before?.consent?.legalBasis ?? 'explicit consent',
      purposes: before?.consent?.purposes ?? [...purposes],
    },
  });
  const { control } = form;
  return (
    <Form form={form} onSubmit={(values) => next(toOrder(values), 'camera')}>
      <Card title={t('who')}>
        <Stack>
          <TextField control={control} name="email" label={t('email')} hint={t('emailHint')} type="email" />
          <TextField control={control} name="name" label={t('name')} optional />
        </Stack>
      </Card>
      <Card title={t('consent')}>
        <Stack>
          <p className="small muted">{withConsent ? t('consentNeeded') : t('consentAttested')}</p>
          {!withConsent && <SwitchField control={control} name="own" label={t('own')} />}
          {form.watch('own') && <ConsentFields control={control} />}
        </Stack>
      </Card>
      <Row>
        <Button type="submit" kind="primary">
          {t('byCamera')}
        </Button>
        <Button
          onClick={(event) => void form.handleSubmit((values) => next(toOrder(values), 'files'))(event)}
        >
          {t('byFile')}
        </Button>
      </Row>
    </Form>
  );
}

function ConsentFields({ control }: { control: Control<Values> }) {
  const t = useStrings(enrollStrings);
  return (
    <>
      <TextField control={control} name="textVersion" label={t('textVersion')} hint={t('textVersionHint')} />
      <TextField control={control} name="method" label={t('method')} hint={t('methodHint')} />
      <TextField control={control} name="legalBasis" label={t('legalBasis')} />
      <Controller
        control={control}
        name="purposes"
        render={({ field, fieldState }) => (
          <Checkbox.Group
            label={t('purposes')}
            error={fieldState.error?.message}
            value={field.value}
            onChange={field.onChange}
          >
            <Stack gap={8}>
              {purposes.map((purpose) => (
                <Checkbox key={purpose} value={purpose} label={t(purpose)} />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
      />
    </>
  );
}
