import { describeGalleries, type OwnGalleries, tables } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** Whether the stated error rates were checked on the enrolled people, and whose templates are in doubt. */
export function checkOwnGalleries(
  organizations: readonly ({ organization: string } & OwnGalleries)[],
): Finding[] {
  return organizations.flatMap(({ organization, ...own }) => {
    const option = `--org ${JSON.stringify(organization)}`;
    const rates = describeGalleries(own).map((one): Finding => {
      const found = `${organization}, ${one.env}, scorer ${one.scorer}, rates for ${tables[one.holdsFor]}: ${one.found}`;
      if (one.standing !== 'not-measured') return { what: 'error rates', state: 'ok', found };
      const remedy = `${invocation} org calibrate ${option}`;
      return { what: 'error rates', state: 'warn', found, remedy };
    });
    return [...rates, ...checkDoubtful(organization, option, own)];
  });
}

function checkDoubtful(organization: string, option: string, { items }: OwnGalleries): Finding[] {
  return (['live', 'test'] as const).flatMap((env): Finding[] => {
    const doubtful = Math.max(0, ...items.filter((one) => one.env === env).map((one) => one.doubtful));
    if (doubtful === 0) return [];
    return [
      {
        what: 'templates',
        state: 'warn',
        found: `${organization}, ${env}: ${count(doubtful, 'person has a template that does', 'people have templates that do')} not distinguish them from others`,
        remedy: `${invocation} subject doubtful ${option} --env ${env}   lists them; enroll each again with a picture of the bare, upright face`,
      },
    ];
  });
}
