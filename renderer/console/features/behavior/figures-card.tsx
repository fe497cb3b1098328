import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Maturity } from '../../../ui/badges/badge.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { English, evidenceQuery, Verdict } from '../evidence/index.ts';
import styles from './behavior.module.css';
import { behaviorStrings } from './strings.ts';

/** The claims of the evidence report that are about behavior. */
const claimIds: readonly string[] = ['behavior', 'speed-behavior'];

/** What is published about the score: what holds, what does not, and where the figures are. */
export function Figures() {
  const t = useStrings(behaviorStrings);
  const { data, error, refetch } = useQuery(evidenceQuery);
  const claims = data?.claims.filter(({ id }) => claimIds.includes(id));
  return (
    <Card title={t('figures')}>
      {error && <LoadFailed error={error} retry={() => void refetch()} />}
      <Stack gap={16}>
        {claims?.map(({ id, claim, verdict, maturity }) => (
          <div key={id} className="small">
            <div className={styles.badges}>
              <Verdict of={verdict} />
              <Maturity level={maturity} />
            </div>
            <p>
              <English>{claim}</English>
            </p>
            <Link to="/evidence/$id" params={{ id }}>
              {t(id === 'behavior' ? 'figuresAll' : 'figuresSpeed')}
            </Link>
          </div>
        ))}
      </Stack>
    </Card>
  );
}
