import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { z } from 'zod';
import { keyPrefixes, scopes } from '../../../../sdk/admin/values.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas, useWorld } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { linesOf } from './key-state.ts';
import { MadeKey } from './made-key.tsx';
import { keyStrings } from './strings.ts';

const Field = fieldsOf<Values>()(keyStrings);

export const Route = createLazyRoute('/keys/new')({ component: NewKeyScreen });

/** A key with both scopes of the family holds `identity`. */
const offered = scopes.filter((scope) => scope !== 'identity');

function useSchema() {
  const t = useStrings(keyStrings);
  return z
    .object({
      name: z.string().trim().min(1, t('nameMissing')),
      env: z.enum(['live', 'test']),
      prefix: z.enum(keyPrefixes),
      scopes: z.array(z.enum(offered)).min(1, t('scopesMissing')),
      expires: z
        .string()
        .refine((day) => day === '' || Date.parse(`${day}T23:59:59`) > Date.now(), t('expiresPast')),
      cidrs: z.string(),
      browser: z.boolean(),
      origins: z.string(),
    })
    .refine(({ browser, origins }) => !browser || linesOf(origins).length > 0, {
      path: ['origins'],
      message: t('originsMissing'),
    });
}
type Values = z.output<ReturnType<typeof useSchema>>;

/** The form as the route takes it. Both identity scopes together are `identity`. */
function bodyOf({
  name,
  env,
  prefix,
  scopes: chosen,
  expires,
  cidrs,
  browser,
  origins,
}: Values): Schemas['NewKey'] {
  const networks = linesOf(cidrs);
  const both = chosen.includes('identity:verify') && chosen.includes('identity:enroll');
  const others = chosen.filter((scope) => !scope.startsWith('identity'));
  return {
    name,
    env,
    prefix,
    scopes: both ? ['identity', ...others] : chosen,
    ...(expires !== '' && { expiresAt: new Date(`${expires}T23:59:59`).toISOString() }),
    ...(networks.length > 0 && { cidrs: networks }),
    ...(browser && { browser, origins: linesOf(origins) }),
  };
}

function NewKeyScreen() {
  const t = useStrings(keyStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const form = useCheckedForm(useSchema(), {
    name: '',
    env,
    prefix: 'gh' as const,
    scopes: ['identity:verify'] as Values['scopes'],
    expires: '',
    cidrs: '',
    browser: false,
    origins: '',
  });
  const create = useOperation((values: Values) => api.post('/api/admin/keys', {}, bodyOf(values)), {
    refresh: ['keys'],
  });
  const parents = [{ label: t('title'), to: '/keys' }];
  if (create.data)
    return (
      <Page title={t('made', { name: create.data.name })} lead={t('madeLead')} parents={parents} reading>
        <MadeKey secret={create.data.key} done={() => void navigate({ to: '/keys' })} />
      </Page>
    );
  return (
    <Page title={t('newTitle')} parents={parents} reading>
      <OperationForm form={form} operation={create}>
        <Fields browser={form.watch('browser')} />
        <Submit of={create} back="/keys">
          {t('create')}
        </Submit>
      </OperationForm>
    </Page>
  );
}

function Fields({ browser }: { browser: boolean }) {
  const t = useStrings(keyStrings);
  return (
    <>
      <Card gap={16}>
        <Field name="name" maxLength={120} />
        <Field
          name="env"
          label={t('world')}
          options={[
            { value: 'live', label: t('live') },
            { value: 'test', label: t('test') },
          ]}
        />
        <Field
          name="scopes"
          as="several"
          options={offered.map((value) => ({
            value,
            label: t(value.replace('identity:', '') as 'verify'),
          }))}
        />
      </Card>
      <Card gap={16}>
        <Field name="expires" type="date" optional />
        <Field name="cidrs" as="lines" rows={2} optional />
        <Field name="prefix" options={keyPrefixes.map((value) => ({ value, label: `${value}_` }))} />
        <Field name="browser" as="switch" />
        {browser && <Field name="origins" as="lines" rows={2} />}
      </Card>
    </>
  );
}
