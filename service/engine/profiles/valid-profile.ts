import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import { turnSteps } from '../challenges/index.ts';
import { checksWithInput, qualityComponents } from '../checks/index.ts';
import { ProfileDefinition } from './profile.ts';

/**
 * The definition, checked for what the schema cannot say too: the slug, the zone's name and the names of the quality components. Throws
 * INVALID_REQUEST.
 */
export function validProfile(slug: string, definition: unknown): ProfileDefinition {
  const details: ProblemDetail[] = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug))
    details.push({ path: 'slug', message: 'Lower-case letters, digits and hyphens, 63 at most.' });
  const parsed = ProfileDefinition.safeParse(definition);
  for (const { path, message } of parsed.error?.issues ?? []) details.push({ path: path.join('.'), message });
  for (const [check, { whenMissing }] of Object.entries(parsed.data?.checks ?? {})) {
    if (whenMissing !== undefined && !(checksWithInput as readonly string[]).includes(check))
      details.push({
        path: `checks.${check}.whenMissing`,
        message: `Leave it out: only ${checksWithInput.join(', ')} wait for something the caller sends.`,
      });
  }
  const steps = parsed.data?.challenge?.steps;
  if (steps && !turnSteps.some((turn) => steps.includes(turn)))
    details.push({
      path: 'challenge.steps',
      message: `Name ${turnSteps.join(' or ')}: a turn of the head is what a flat picture cannot show.`,
    });
  for (const name of ['undecided', 'suspectCamera'] as const) {
    if (parsed.data?.capture === 'kiosk' && parsed.data.challenge?.[name] === 'review')
      details.push({
        path: `challenge.${name}`,
        message:
          'Leave it out: a kiosk begins no live sessions, and with `capture: kiosk` no other source may, so a person would never be asked.',
      });
  }
  const zone = parsed.data?.timeRestriction?.timeZone;
  if (zone !== undefined && !isTimeZone(zone))
    details.push({ path: 'timeRestriction.timeZone', message: `“${zone}” is not an IANA time zone.` });
  for (const [i, name] of (parsed.data?.refuseQuality ?? []).entries()) {
    if (!(qualityComponents as readonly string[]).includes(name))
      details.push({ path: `refuseQuality.${i}`, message: `One of ${qualityComponents.join(', ')}.` });
  }
  if (parsed.data && details.length === 0) return parsed.data;
  throw new Problem('INVALID_REQUEST', 'The profile is not valid.', { details });
}
