import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { FormCommand, LoadFailed, Refused, useOperation } from '../../operations.ts';
import { behaviorStrings } from './strings.ts';

const Field = fieldsOf<{ name: string; key: string }>()(behaviorStrings);

type Agents = Schemas['BehaviorSettings']['agents'];

function useAgents(done: string) {
  return useOperation((agents: Agents) => api.put('/api/admin/behavior/settings', {}, { agents }), {
    toast: done,
    refresh: ['behavior'],
  });
}

/** Agents whose public keys are pinned: each is added and removed at once. */
export function AgentsCard({ agents, mayChange }: { agents: Agents; mayChange: boolean }) {
  const t = useStrings(behaviorStrings);
  const removing = useAgents(t('agentRemoved'));
  return (
    <Card title={t('agentsTitle')} gap={16}>
      <p className="small muted">{t('agentsText')}</p>
      {agents.length === 0 && <p className="small">{t('agentsNone')}</p>}
      {removing.error && <LoadFailed error={removing.error} />}
      {agents.map(({ name, keys }) => (
        <Row key={name} between>
          <div>
            <b>{name}</b>
            {keys.map((key) => (
              <div key={key} className="small" style={{ overflowWrap: 'anywhere' }}>
                <code>{key}</code>
              </div>
            ))}
          </div>
          {mayChange && (
            <Button
              kind="dangerQuiet"
              aria-label={t('removeAgent', { name })}
              busy={removing.isPending}
              onClick={() => removing.mutate(agents.filter((one) => one.name !== name))}
            >
              {t('removeAgentShort')}
            </Button>
          )}
        </Row>
      ))}
      {mayChange && <AddAgent agents={agents} />}
    </Card>
  );
}

function AddAgent({ agents }: { agents: Agents }) {
  const t = useStrings(behaviorStrings);
  const form = useCheckedForm(
    z.object({
      name: z.string().trim().min(1, t('agentNameMissing')).max(64),
      key: z
        .string()
        .trim()
        .regex(/^[A-Za-z0-9_-]{43}$/, t('agentKeyWrong')),
    }),
    { name: '', key: '' },
  );
  const adding = useAgents(t('agentAdded'));
  return (
    <Form
      form={form}
      onSubmit={({ name, key }) =>
        adding.mutate([...agents, { name, keys: [key] }], { onSuccess: () => form.reset() })
      }
      failed={<Refused of={adding} />}
    >
      <Field name="name" maxLength={64} />
      <Field name="key" />
      <Row>
        <Button type="submit" busy={adding.isPending}>
          {t('addAgent')}
        </Button>
      </Row>
      <FormCommand form={form} run={({ name, key }) => adding.run([...agents, { name, keys: [key] }])} />
    </Form>
  );
}
