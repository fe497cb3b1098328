import { zodResolver } from '@hookform/resolvers/zod';
import { useMemo } from 'react';
import { useForm } from 'react-hook-form';
import { Button } from '../../../ui/controls/button.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import type { Language } from '../../../ui/strings/define-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { ConsentFields } from './consent-fields.tsx';
import type { Order } from './enroll-pictures.ts';
import { enrollStrings } from './strings.ts';
import { toOrder, toValues, whoSchema } from './who-order.ts';

/** Who is enrolled, and what they agreed to. `withConsent`: the organization records consent with each enrollment. */
export function WhoForm({
  withConsent,
  text,
  language,
  before,
  next,
}: {
  withConsent: boolean;
  text: Schemas['ConsentText'];
  language: Language | undefined;
  before: Order | undefined;
  next(order: Order, by: 'camera' | 'files'): void;
}) {
  const t = useStrings(enrollStrings);
  const schema = useMemo(() => whoSchema(t), [t]);
  const form = useForm({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: toValues(before, withConsent),
  });
  const { control } = form;
  const go = (by: 'camera' | 'files') =>
    form.handleSubmit((values) => next(toOrder(values, text.version), by));
  return (
    <Form form={form} onSubmit={(values) => next(toOrder(values, text.version), 'camera')}>
      <Card title={t('who')}>
        <Stack>
          <TextField control={control} name="email" label={t('email')} hint={t('emailHint')} type="email" />
          <TextField control={control} name="name" label={t('name')} optional />
        </Stack>
      </Card>
      <Card title={t('consent')}>
        <ConsentFields control={control} withConsent={withConsent} text={text} language={language} />
      </Card>
      <Row>
        <Button type="submit" kind="primary">
          {t('byCamera')}
        </Button>
        <Button onClick={(event) => void go('files')(event)}>{t('byFile')}</Button>
      </Row>
    </Form>
  );
}
