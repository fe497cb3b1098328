import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { type Control, useController } from 'react-hook-form';
import { z } from 'zod';
import { Choice, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, useWorld } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { ownScopeQuery } from './queries.ts';
import { ScopeFields, useScopeSchema } from './scope-fields.tsx';
import { changesOf, defaultValues, type ScopeValues } from './scope-values.ts';
import { scopeStrings } from './strings.ts';

const Field = fieldsOf<Values>()(scopeStrings);

export const Route = createLazyRoute('/uniqueness/new')({ component: NewScopeScreen });

function useSchema() {
  const t = useStrings(scopeStrings);
  return useScopeSchema().and(
    z
      .object({ where: z.enum(['organization', 'region']), name: z.string().trim().max(128) })
      .refine(({ where, name }) => where === 'organization' || name !== '', {
        path: ['name'],
        message: t('regionMissing'),
      }),
  );
}
type Values = ScopeValues & { where: 'organization' | 'region'; name: string };

function NewScopeScreen() {
  const t = useStrings(scopeStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const form = useCheckedForm<Values>(useSchema(), { ...defaultValues, where: 'region', name: '' });
  const create = useOperation(
    ({ where, name, ...values }: Values) =>
      api.put(
        '/api/admin/uniqueness/scopes',
        { env },
        { name: where === 'organization' ? '' : name, ...changesOf(defaultValues, values) },
      ),
    {
      toast: ({ name }) => [t('added'), name || t('own')],
      refresh: ['uniqueness'],
      done: ({ id }) => navigate({ to: '/uniqueness/$id', params: { id } }),
    },
  );
  return (
    <Page
      title={t('create')}
      lead={t('createLead')}
      parents={[{ label: t('title'), to: '/uniqueness' }]}
      reading
    >
      <OperationForm form={form} operation={create}>
        <Card title={t('where')}>
          <Where control={form.control} />
        </Card>
        <Card title={t('settings')}>
          <ScopeFields control={form.control as unknown as Control<ScopeValues>} />
        </Card>
        <Submit of={create} back="/uniqueness">
          {t('create')}
        </Submit>
      </OperationForm>
    </Page>
  );
}

function Where({ control }: { control: Control<Values> }) {
  const t = useStrings(scopeStrings);
  const own = useQuery(ownScopeQuery(useWorld()));
  const { field } = useController({ control, name: 'where' });
  const region = <Field name="name" label={t('regionName')} maxLength={128} spellCheck={false} />;
  // Its own is set up once: it is changed on its page.
  if (own.data) return region;
  return (
    <Stack>
      <Choice
        legend={t('where')}
        value={field.value}
        choose={field.onChange}
        options={[
          { value: 'region', label: t('inRegion'), hint: t('inRegionHint'), more: region },
          { value: 'organization', label: t('inOrganization'), hint: t('inOrganizationHint') },
        ]}
      />
    </Stack>
  );
}
