import { createLazyRoute, useRouter } from '@tanstack/react-router';
import { z } from 'zod';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Columns, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { sitesStrings } from './strings.ts';

const Field = fieldsOf<Values>()(sitesStrings);

export const Route = createLazyRoute('/sites/new')({ component: NewSiteScreen });

function useSchema() {
  const t = useStrings(sitesStrings);
  const degrees = (most: number, sentence: string) =>
    z.number(sentence).min(-most, sentence).max(most, sentence);
  return z.object({
    name: z.string().trim().min(1, t('nameMissing')),
    cidr: z.string().trim().min(1, t('networkMissing')),
    country: z
      .string()
      .trim()
      .regex(/^[A-Za-z]{2}$/, t('countryWrong'))
      .transform((code) => code.toUpperCase()),
    latitude: degrees(90, t('latitudeWrong')),
    longitude: degrees(180, t('longitudeWrong')),
    timeZone: z.string().trim().min(1, t('timeZoneMissing')),
  });
}
type Values = z.output<ReturnType<typeof useSchema>>;

function NewSiteScreen() {
  const t = useStrings(sitesStrings);
  const router = useRouter();
  const form = useCheckedForm(useSchema(), {
    name: '',
    cidr: '',
    country: '',
    latitude: null as unknown as number,
    longitude: null as unknown as number,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const add = useOperation((body: Values) => api.post('/api/admin/sites', {}, body), {
    toast: ({ name }) => [t('added'), name],
    refresh: ['sites'],
    done: () => router.navigate({ to: '/sites' }),
  });
  return (
    <Page title={t('add')} parents={[{ label: t('title'), to: '/sites' }]} reading>
      <OperationForm form={form} operation={add}>
        <Card gap={16}>
          <Field name="name" maxLength={80} />
          <Field name="cidr" label={t('network')} />
          <Field name="country" />
          <Columns n={2}>
            <Field name="latitude" as="number" />
            <Field name="longitude" as="number" />
          </Columns>
          <Field name="timeZone" />
        </Card>
        <Submit of={add} back="/sites">
          {t('add')}
        </Submit>
      </OperationForm>
    </Page>
  );
}
