import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { z } from 'zod';
import { fieldsOf, useCheckedForm, useFault } from '../../../ui/forms/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, profilesQuery } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { products } from './flow-values.ts';
import { flowStrings } from './strings.ts';

const Field = fieldsOf<Values>()(flowStrings);

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
  const navigate = useNavigate();
  const profiles = useProfileOptions();
  const faultOf = useFault();
  const form = useCheckedForm<Values>(useSchema(), { name: '', product: 'verifyhuman', profile: '' });
  const create = useOperation(
    ({ name, product, profile }: Values) =>
      api.post(
        '/api/admin/flows',
        {},
        { name, product, ...(profile !== '' && { profile }), texts: {}, redirects: {} },
      ),
    {
      toast: ({ draft }) => [t('created'), draft.name],
      refresh: ['flows'],
      done: ({ id }) => navigate({ to: '/flows/$id', params: { id } }),
      refused({ details }) {
        const detail = details.find(({ path }) => path === 'profile');
        if (detail) form.setError('profile', faultOf(detail));
      },
    },
  );
  return (
    <Page title={t('create')} lead={t('createLead')} parents={[{ label: t('title'), to: '/flows' }]} reading>
      <OperationForm form={form} operation={create}>
        <Card title={t('about')} gap={16}>
          <Field name="name" label={t('label')} maxLength={80} />
          <Field name="product" options={products} />
          <Field name="profile" options={profiles} />
        </Card>
        <Submit of={create} back="/flows">
          {t('createAction')}
        </Submit>
      </OperationForm>
    </Page>
  );
}
