import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useRouter } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { NumberField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Columns, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { sitesStrings } from './strings.ts';

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
  const ui = useStrings(uiStrings);
  const router = useRouter();
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: {
      name: '',
      cidr: '',
      country: '',
      latitude: null as unknown as number,
      longitude: null as unknown as number,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  });
  const add = useMutation({
    mutationFn: (body: Values) => replyOf(admin.POST('/api/admin/sites', { params: { query: {} }, body })),
    async onSuccess({ name }) {
      toast(t('added'), { text: name });
      await queryClient.invalidateQueries({ queryKey: ['sites'] });
      await router.navigate({ to: '/sites' });
    },
  });
  const { control } = form;
  return (
    <Page title={t('add')} parents={[{ label: t('title'), to: '/sites' }]} reading>
      <Form
        form={form}
        onSubmit={(values) => add.mutate(values)}
        failed={add.error && <LoadFailed error={add.error} title={ui('couldNotSave')} />}
      >
        <Card>
          <Stack>
            <TextField control={control} name="name" label={t('name')} maxLength={80} />
            <TextField control={control} name="cidr" label={t('network')} hint={t('networkHint')} />
            <TextField control={control} name="country" label={t('country')} hint={t('countryHint')} />
            <Columns n={2}>
              <NumberField control={control} name="latitude" label={t('latitude')} />
              <NumberField control={control} name="longitude" label={t('longitude')} />
            </Columns>
            <TextField control={control} name="timeZone" label={t('timeZone')} hint={t('timeZoneHint')} />
          </Stack>
        </Card>
        <Row>
          <Button type="submit" kind="primary" busy={add.isPending}>
            {t('add')}
          </Button>
          <ButtonLink to="/sites">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}
