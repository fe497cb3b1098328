/** Where in the console something is put right. */
export const screens = [
  'alerts',
  'backups',
  'jobs',
  'models',
  'people',
  'profiles',
  'settings',
  'verifications',
] as const;

export const urgencies = ['now', 'soon', 'note'] as const;

/** Something that a person should look at. */
export interface Attention {
  /** Stable, for programs. */
  code: string;
  /** `now`: something does not work, or people are refused; `soon`: it will; `note`: good to know. */
  urgency: (typeof urgencies)[number];
  /** What there is. */
  sentence: string;
  /** What to do. */
  remedy: string;
  screen?: (typeof screens)[number];
}

/** The most urgent first; those of one urgency stay in their order. */
export const inOrder = (list: readonly Attention[]): Attention[] =>
  list.toSorted((a, b) => urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency));
