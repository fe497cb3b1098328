import type { Definition } from './profile-values.ts';

type Leaf = string | number | boolean | undefined;

/** One setting that two definitions have differently; undefined: left out. */
export interface Change {
  /** `checks.liveness.threshold` */
  path: string;
  before: Leaf;
  after: Leaf;
}

/** Every setting by its path; lists as text in an order that means nothing. */
function leavesOf(value: unknown, path: string, leaves: Map<string, Leaf>): Map<string, Leaf> {
  if (Array.isArray(value)) leaves.set(path, value.toSorted().join(', '));
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value))
      leavesOf(inner, path === '' ? name : `${path}.${name}`, leaves);
  else if (value !== undefined) leaves.set(path, value as Leaf);
  return leaves;
}

/** What differs, in the order of the definition. The maturity of an own profile is always `custom`, and no setting. */
export function changesBetween(before: Definition, after: Definition): Change[] {
  const [old, now] = [before, after].map((one) => leavesOf(one, '', new Map())) as [
    Map<string, Leaf>,
    Map<string, Leaf>,
  ];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => path !== 'maturity' && old.get(path) !== now.get(path))
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
}

/** Why settings make attacks or mix-ups easier than others do, by path. */
export function loosened(changes: readonly Change[]): Change[] {
  return changes.filter(({ path, before, after }) => {
    if (path === 'checks.liveness.threshold' || path === 'minimumComposite')
      return Number(after) < Number(before);
    if (path === 'checks.liveness.enabled' || path.endsWith('.hardFail')) return before === true;
    if (path.endsWith('.whenMissing')) return after === 'skip';
    if (path === 'match.holdsFor') return before === 'every-group';
    if (path === 'models.supersededUntil')
      return before !== undefined && (after === undefined || String(after) > String(before));
    if (path.startsWith('match.')) return Number(after) > Number(before);
    if (path === 'models.pad') return after === 'where-installed';
    if (path === 'models.livenessScale') return after === 'live';
    if (path === 'challenge.withoutMotion') return after === 'allow' || before === 'refuse';
    if (path === 'capture') return before === 'kiosk';
    if (path === 'challenge.undecided') return after === 'review';
    if (path === 'challenge.suspectCamera') return after === 'record' || before === 'refuse';
    return false;
  });
}
