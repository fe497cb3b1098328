/** Screens of the console on which a problem can be fixed. */
export const screens = [
  'alerts',
  'approvals',
  'backups',
  'jobs',
  'models',
  'people',
  'profiles',
  'review',
  'sessions',
  'settings',
  'setup',
  'verifications',
] as const;

export const urgencies = ['now', 'soon', 'note'] as const;

/** Something that a person should look at. */
export interface Attention {
  /** Stable, for programs. */
  code: string;
  /** `now`: something does not work, or people are refused; `soon`: it will; `note`: good to know. */
  urgency: (typeof urgencies)[number];
  /** The problem. */
  sentence: string;
  /** The remedy. */
  remedy: string;
  /** What the sentence names, for who writes it in another language. */
  values?: Readonly<Record<string, string | number>>;
  screen?: (typeof screens)[number];
}

/** The most urgent first; those of one urgency stay in their order. */
export const inOrder = (list: readonly Attention[]): Attention[] =>
  list.toSorted((a, b) => urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency));
