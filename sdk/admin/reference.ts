const letters = { ver: 'V', sess: 'S' } as const;

/** What a person is shown of the id of a verification or a session: `V-EEF098`, `S-7Q4D0M`. It is found by `reference` of their lists. */
export function referenceOf(id: string): string {
  const letter = letters[id.split('_')[0] as keyof typeof letters];
  return `${letter === undefined ? '' : `${letter}-`}${id.slice(-6).toUpperCase()}`;
}

/** Of what a text may be the reference, or the whole id: a verification, a session, or, without a letter, either. */
export function readReference(text: string): { verification?: string; session?: string } {
  const [, letter = '', end = ''] =
    /^(?:([vs])(?:-|er_[0-9a-z]{20}|ess_[0-9a-z]{20}))?([0-9a-z]{6})$/i.exec(text.trim()) ?? [];
  if (end === '') return {};
  return {
    ...(letter.toUpperCase() !== 'S' && { verification: `V-${end.toUpperCase()}` }),
    ...(letter.toUpperCase() !== 'V' && { session: `S-${end.toUpperCase()}` }),
  };
}
