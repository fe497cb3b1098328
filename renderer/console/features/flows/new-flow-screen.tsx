import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SelectField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { profilesQuery } from '../../profiles-query.ts';
import { products } from './flow-values.ts';
import { flowStrings } from './strings.ts';

export const Route = createLazyRoute('/flows/new')({ component: NewFlowScreen });

function useSchema() {
  const t = useStrings(flowStrings);
  return z.object({
    name: z.string().trim().min(1, t('nameMissing')).max(80),
    product: z.enum(products),
    profile: z.string(),
  });
}
type Values = z.output<ReturnType<typeof useSchema>>;

/** The profiles that a flow may name; empty: the one called default. */
export function useProfileOptions(): { value: string; label: string }[] {
  const t = useStrings(flowStrings);
  const { data } = useQuery(profilesQuery);
  const others = (data?.items ?? []).filter(({ slug }) => slug !== 'default');
  return [
    { value: '', label: t('profileDefault') },
    ...others.map(({ slug, definition }) => ({ value: slug, label: `${definition.name} (${slug})` })),
  ];
}

function NewFlowScreen() {
  const t = useStrings(flowStrings);
  const ui = useStrings(uiStrings);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const profiles = useProfileOptions();
  const form = useForm<Values>({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: { name: '', product: 'verifyhuman', profile: '' },
  });
  const create = useMutation({
    mutationFn: ({ name, product, profile }: Values) =>
      replyOf(
        admin.POST('/api/admin/flows', {
          params: { query: {} },
          body: { name, product, ...(profile !== '' && { profile }), texts: {}, redirects: {} },
        }),
      ),
    async onSuccess({ id, draft }) {
      toast(t('created'), { text: draft.name });
      await queryClient.invalidateQueries({ queryKey: ['flows'] });
      await navigate({ to: '/flows/$id', params: { id } });
    },
    onError(error) {
      const message = error instanceof Refusal ? error.fields.get('profile') : undefined;
      if (message !== undefined) form.setError('profile', { message });
    },
  });
  const { control } = form;
  return (
    <Page title={t('create')} lead={t('createLead')} parents={[{ label: t('title'), to: '/flows' }]} reading>
      <Form
        form={form}
        onSubmit={(values) => create.mutate(values)}
        failed={create.error && <LoadFailed error={create.error} title={ui('couldNotSave')} />}
      >
        <Card title={t('about')}>
          <Stack>
            <TextField control={control} name="name" label={t('label')} hint={t('nameHint')} maxLength={80} />
            <SelectField
              control={control}
              name="product"
              label={t('product')}
              data={products.map((value) => ({ value, label: t(`product.${value}`) }))}
            />
            <SelectField control={control} name="profile" label={t('profile')} data={profiles} />
          </Stack>
        </Card>
        <Row>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t('createAction')}
          </Button>
          <ButtonLink to="/flows">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}
